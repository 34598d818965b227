import { oneLine, shortLine } from "../core/one-line.ts";
import { PLATFORM } from "../sys/platform.ts";
import { findProgram } from "./find-program.ts";
import type { Channel } from "./line.ts";
import type { PushEvent } from "./push-event.ts";
import { runNotifier } from "./run-notifier.ts";

const LIMIT_MS = 5_000;
/** Of a run that took less its caller still looks at the terminal. */
const LONG_RUN_MS = 30_000;
const TITLE_CHARS = 80;
const BODY_CHARS = 240;

/** A notification on the desktop of whoever started the run, when a long one ends or asks. */
export const desktopChannel = (about: { cwd: string; env: NodeJS.ProcessEnv }, platform = PLATFORM): Channel => ({
  name: "desktop",
  limitMs: LIMIT_MS,
  takes: (event) => (event.event === "finished" || event.event === "question") && event.elapsed_ms >= LONG_RUN_MS,
  async send(event, signal) {
    const shown = showCommand(platform, toNote(event));
    const found = findProgram(shown.program, about);
    if ("problem" in found) throw new Error(`there is no way to show it: ${shown.program}: ${found.problem}`);
    const env = { ...about.env, ...shown.env };
    await runNotifier({ command: found.path, args: shown.args, cwd: about.cwd, env, input: "" }, signal);
  },
});

interface Note {
  title: string;
  body: string;
}

export function toNote(event: PushEvent): Note {
  const what = event.event === "finished" ? event.verdict : "asks";
  const text =
    event.event === "finished" ? `${event.goal} (${event.reason})` : "question" in event ? event.question : "";
  return { title: shortLine(`Codex: ${what}`, TITLE_CHARS), body: shortLine(oneLine(text), BODY_CHARS) };
}

/** Shows what it finds in two variables, so that no text becomes code. */
const TOAST = `
$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$texts = $xml.GetElementsByTagName('text')
$null = $texts.Item(0).AppendChild($xml.CreateTextNode($env:ASK_CODEX_NOTE_TITLE))
$null = $texts.Item(1).AppendChild($xml.CreateTextNode($env:ASK_CODEX_NOTE_BODY))
$toast = [Windows.UI.Notifications.ToastNotification]::new($xml)
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier('ask-codex').Show($toast)`;

/** The system's own program for it; the texts are arguments or variables, never part of a script. */
export function showCommand(
  platform: NodeJS.Platform,
  { title, body }: Note,
): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
  if (platform === "darwin") {
    const lines = ["on run {title, body}", "display notification body with title title", "end run"];
    return { program: "osascript", args: [...lines.flatMap((line) => ["-e", line]), title, body], env: {} };
  }
  if (platform === "win32") {
    const encoded = Buffer.from(TOAST, "utf16le").toString("base64");
    const env = { ASK_CODEX_NOTE_TITLE: title, ASK_CODEX_NOTE_BODY: body };
    return { program: "powershell.exe", args: ["-NoProfile", "-NonInteractive", "-EncodedCommand", encoded], env };
  }
  // The body of a notification there may have markup.
  const text = body.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return { program: "notify-send", args: ["--app-name=ask-codex", "--", title, text], env: {} };
}
