import { join } from "node:path";
import * as z from "zod";
import type { RunEvent } from "../../core/event.ts";
import { writeNew } from "../../sys/files.ts";
import { PLATFORM } from "../../sys/platform.ts";

/** What a command of Codex's tries; a name of our own for each. */
export interface Attempts {
  write?: Record<string, string>;
  read?: Record<string, string>;
  /** A port of 127.0.0.1 on which somebody listens. */
  connect?: number;
  /** Variables whose values it tells. */
  env?: readonly string[];
}

const Look = z.strictObject({
  write: z.record(z.string(), z.string()),
  read: z.record(z.string(), z.string()),
  connect: z.string(),
  env: z.record(z.string(), z.string().nullable()),
});
/** For each attempt "ok", or the system's error code. */
export type Look = z.infer<typeof Look>;

/** The program that is run inside the sandbox: a file, for no shell need then quote what it says. */
const program = (attempts: Attempts) => `
const fs = require("node:fs");
const { env } = require("node:process");
const asked = ${JSON.stringify(attempts)};
const attempt = (act) => { try { act(); return "ok"; } catch (error) { return String(error.code ?? error); } };
const each = (paths, act) => Object.fromEntries(Object.entries(paths ?? {}).map(([name, path]) => [name, attempt(() => act(path))]));
const seen = {
  write: each(asked.write, (path) => fs.writeFileSync(path, "written by the self-test\\n")),
  read: each(asked.read, (path) => fs.readFileSync(path)),
  connect: "not tried",
  env: Object.fromEntries((asked.env ?? []).map((name) => [name, env[name] ?? null])),
};
const tell = () => fs.writeSync(1, "SEEN" + JSON.stringify(seen) + "\\n");
if (asked.connect === undefined) tell();
else {
  const socket = require("node:net").connect(asked.connect, "127.0.0.1");
  const end = (how) => { seen.connect = how; tell(); socket.destroy(); };
  socket.once("connect", () => end("ok"));
  socket.once("error", (error) => end(String(error.code ?? error)));
}
`;

/** Writes the program that tries all that, and returns the command line that starts it. */
export function lookCommand(dir: string, attempts: Attempts): string {
  const path = join(dir, "look.cjs");
  writeNew(path, program(attempts));
  return nodeCommand(path);
}

/** The command line that runs a program of ours with the Node that we run on; PowerShell wants the ampersand. */
export const nodeCommand = (path: string): string =>
  `${PLATFORM === "win32" ? "& " : ""}"${process.execPath}" "${path}"`;

/** What the command of a turn told; throws where there is nothing, with what there is instead. */
export function lookOf(events: readonly RunEvent[]): Look {
  const ended = events.findLast((event) => event.type === "command_ended");
  const told = /^SEEN(\{.*\})$/m.exec(ended?.output ?? "")?.[1];
  if (told !== undefined) return Look.parse(JSON.parse(told));
  const said = ended?.output.trim().split("\n").at(-1) ?? "";
  throw new Error(ended === undefined ? "Codex ran no command" : `the command told nothing (${said || "no output"})`);
}
