import { shortLine } from "../core/one-line.ts";
import type { Message, Part } from "./conversation.ts";
import { type Cut, cutConversation } from "./cut-conversation.ts";

/** Codex reads the whole of it in the first turn. */
const DIGEST_CHARS = 60_000;
const LISTED = 100;
const COMMAND_CHARS = 200;

/** The session as Markdown for a Codex that can't import it: what was said, which files were edited, which commands were run. */
export function toDigest(
  { messages, title }: { messages: readonly Message[]; title: string | null },
  before: number,
): { text: string; cut: number } {
  const said = messages.flatMap((message) => {
    const parts = message.parts.filter((part) => part.kind === "text");
    return parts.length === 0 ? [] : [{ ...message, parts }];
  });
  const { messages: kept, cut }: Cut = cutConversation(said, DIGEST_CHARS, before);
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => part.kind === "call"));
  const sections = [
    `# A session of Claude Code${title === null ? "" : `: ${shortLine(title, COMMAND_CHARS)}`}`,
    list("Files edited", calls.flatMap(editedFile)),
    list("Commands run", calls.flatMap(command)),
    "## What was said",
    ...kept.map(({ by, parts }) => `### ${by === "user" ? "User" : "Claude"}\n\n${parts.map(textOf).join("\n\n")}`),
  ];
  return { text: `${sections.filter((section) => section !== "").join("\n\n")}\n`, cut };
}

type Call = Extract<Part, { kind: "call" }>;

const textOf = (part: Part): string => (part.kind === "text" ? part.text : "");

const EDITING = /^(?:Edit|MultiEdit|Write|NotebookEdit)$/;

function editedFile({ name, input }: Call): string[] {
  const path = input.file_path ?? input.notebook_path;
  return EDITING.test(name) && typeof path === "string" ? [path] : [];
}

const command = ({ name, input }: Call): string[] =>
  name === "Bash" && typeof input.command === "string" ? [shortLine(input.command, COMMAND_CHARS)] : [];

/** The last ones count most. */
function list(title: string, entries: readonly string[]): string {
  const different = [...new Set(entries)].slice(-LISTED);
  return different.length === 0 ? "" : `## ${title}\n\n${different.map((entry) => `- ${entry}`).join("\n")}`;
}
