import type { Packet } from "../core/packet.ts";
import type { Power } from "../core/request.ts";
import type { Role } from "./role.ts";
import type { FileFact, WorkspaceFacts } from "./workspace-facts.ts";

const VERIFICATION = {
  write:
    "Verification: run the checks that fit the change yourself and report each command with its result; the caller runs its own.",
  read: "Verification: cite the evidence (path:line, command and output) for each claim.",
} as const;

const ASK = "call the tool `ask_caller` with one clear question and its options, and go on with the answer";

/**
 * The whole prompt of a new session. It carries everything Codex needs and nothing of the conversation it can't see;
 * the goal is in it byte for byte, files only by path, and it never says through which program the goal came.
 */
export function buildPrompt(input: {
  packet: Packet;
  role: Role;
  facts: WorkspaceFacts;
  power: Power;
  schema: boolean;
  askTool: boolean;
}): string {
  const { packet, role, facts, power } = input;
  const sections = [
    section(`Role: ${role.name}`, [role.purpose, ...role.rules.map((rule) => `- ${rule}`)]),
    section("Goal", [packet.goal]),
    section("Workspace", workspaceLines(facts)),
    ...(facts.files.length === 0 ? [] : [section("Entry files", entryLines(facts.files))]),
    section("Power", powerLines(power, facts.git)),
    section("Report", [deliverable(role, power), ...reportLines(input)]),
    VERIFICATION[role.power],
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The prompt of a later run in a session: what was said before is still there, so only the message and a reminder go. */
export function buildFollowUp(input: {
  packet: Packet;
  facts: WorkspaceFacts;
  schema: boolean;
  askTool: boolean;
}): string {
  const { packet, facts, schema, askTool } = input;
  const files = facts.files.length === 0 ? [] : [["Entry files:", ...entryLines(facts.files)].join("\n")];
  const ask = askTool ? ` If only the caller can decide something, ${ASK}.` : "";
  const reminder = schema
    ? "Your last message is only JSON that satisfies the output schema, without a Status line."
    : "End your last message with one line `Status: done`, `partial`, `question` or `blocked`.";
  return `${[packet.goal, ...files, reminder + ask].join("\n\n")}\n`;
}

const section = (title: string, lines: readonly string[]): string => `# ${title}\n${lines.join("\n")}`;

function workspaceLines(facts: WorkspaceFacts): string[] {
  const place = `${shown(facts.path)} (${facts.git ? "a git work tree" : "not a git work tree"})`;
  if (facts.guides.length === 0) return [place];
  return [
    place,
    `Read ${facts.guides.join(" and ")} there first and keep to the rules; skip what is about tools you do not have.`,
  ];
}

function entryLines(files: readonly FileFact[]): string[] {
  const lines = files.map((file) => `- ${shown(file.path)}${range(file)}${notes(file)}`);
  if (files.some((file) => file.kind === "missing")) lines.push("If a missing one should have been there, say so.");
  return lines;
}

function range({ from, to }: FileFact): string {
  if (from === undefined) return "";
  return to === undefined || to === from ? `:${from}` : `:${from}-${to}`;
}

function notes(file: FileFact): string {
  const notes = [
    ...(file.kind === "file" ? [] : [file.kind]),
    ...(file.outside ? ["outside the workspace"] : []),
    ...(file.lines === undefined ? [] : [lineNote(file, file.lines)]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

function lineNote(file: FileFact, lines: number): string {
  const count = lines === 1 ? "1 line" : `${lines} lines`;
  return file.beyondEnd ? `the file has only ${count}` : file.from === undefined ? count : `of ${count}`;
}

/** A path with a control character in it is quoted, so that a file name can't add lines to the prompt. */
function shown(path: string): string {
  return /[\p{Cc}\u2028\u2029]/u.test(path) ? JSON.stringify(path) : path;
}

function powerLines(power: Power, git: boolean): string[] {
  const write = {
    none: "You can write nothing. A command that has to write fails for that reason: say so, and do not work around it.",
    workspace: `You can write the workspace and /tmp, nothing else.${git ? " `.git` is read-only, so do not commit." : ""}`,
    everything: "You can write everything this user can. Keep to what the goal needs, and do not commit.",
  }[power.write];
  const network = power.network
    ? "The network is on."
    : "The network is off, and connections to localhost may fail too. A command that needs it fails for that reason.";
  return [write, network];
}

function deliverable(role: Role, power: Power): string {
  const changes = role.power === "write" && power.write !== "none";
  return changes
    ? "Deliverable: the change in the workspace, and a last message that says what you changed and why, and what is left."
    : "Deliverable: your last message. It stands alone: the caller sees nothing of the steps before it.";
}

function reportLines({ schema, askTool }: { schema: boolean; askTool: boolean }): string[] {
  const asking = "When you need a decision that the repository can't settle and only the caller can make";
  if (schema) {
    const unasked = "take the most cautious reading of the goal and say so where the schema has room for it";
    return [
      "Your last message is only JSON that satisfies the given output schema: no text around it, no code fence, no Status line.",
      `${asking}, ${askTool ? ASK : unasked}.`,
    ];
  }
  return [
    `${asking}, ${askTool ? ASK : "ask it as the last paragraph, directly above `Status: question`"}.`,
    "End the last message with one line `Status: done|partial|question|blocked` and nothing after it:",
    "- `Status: done`: the goal is fulfilled and you have checked it",
    "- `Status: partial`: something of the goal is left; say what",
    "- `Status: question`: you can't go on without an answer; the last paragraph asks it",
    "- `Status: blocked`: you can't go on for another reason; say what stands in the way",
  ];
}
