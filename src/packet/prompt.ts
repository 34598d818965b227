import { oneLine } from "../core/one-line.ts";
import type { Packet } from "../core/packet.ts";
import type { Power } from "../core/policy.ts";
import { entryLines } from "./entry-lines.ts";
import { powerLines } from "./power-lines.ts";
import { ASK, reportLines } from "./report-lines.ts";
import type { Role } from "./role.ts";
import { shownPath } from "./shown-path.ts";
import { callerRuns, proseChecks, verificationLine } from "./verification-line.ts";
import type { WorkspaceFacts } from "./workspace-facts.ts";

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
    section("Context", packet.context === undefined ? [] : [packet.context]),
    section("Plan", planLines(packet)),
    section("Workspace", workspaceLines(facts)),
    section("Entry files", entryLines(facts.files)),
    section("Write scope", power.write === "scope" ? scopeLines(power.scope) : []),
    section("Non-goals", packet.nonGoals.map(bullet)),
    section("Expected files", expectedLines(packet)),
    section("Power", powerLines(power, facts.git)),
    section("Report", reportLines(input)),
    verificationLine(packet, role),
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

/**
 * The prompt of a later run in a session: what was said before is still there, so only the message goes, what this
 * run's packet says anew, and a reminder.
 */
export function buildFollowUp(input: {
  packet: Packet;
  facts: WorkspaceFacts;
  schema: boolean;
  askTool: boolean;
}): string {
  const { packet, facts, schema, askTool } = input;
  const ask = askTool ? ` If only the caller can decide something, ${ASK}.` : "";
  const reminder = schema
    ? "Your last message is only JSON that satisfies the output schema, without a Status line."
    : "End your last message with one line `Status: done`, `partial`, `question` or `blocked`.";
  const parts = [
    packet.goal,
    packet.context ?? "",
    planLines(packet).join("\n"),
    listed("Entry files", entryLines(facts.files)),
    packet.scope?.length === 0
      ? "Write nothing in this run."
      : listed("Write scope of this run", packet.scope?.map(path) ?? []),
    listed("Non-goals", packet.nonGoals.map(bullet)),
    expectedLines(packet).join("\n"),
    packet.deliverable === undefined ? "" : `Deliverable: ${packet.deliverable}`,
    reminder + ask,
    followUpChecks(packet),
  ];
  return `${parts.filter((text) => text !== "").join("\n\n")}\n`;
}

/** A section without lines is none. */
const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `# ${title}\n${lines.join("\n")}`;

const listed = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `${title}:\n${lines.join("\n")}`;

const bullet = (text: string): string => `- ${oneLine(text)}`;
const path = (text: string): string => `- ${shownPath(text)}`;

function planLines({ plan, taskId }: Packet): string[] {
  if (plan === undefined) return [];
  return [`Read ${shownPath(plan)} first${taskId === undefined ? "." : `; your unit is ${taskId}.`}`];
}

const scopeLines = (scope: readonly string[]): string[] => [
  ...scope.map(path),
  "Write nothing else in the workspace: a sandbox refuses what it can, and the caller compares all of it afterwards.",
];

function expectedLines({ expectFiles }: Packet): string[] {
  return expectFiles.length === 0 ? [] : ["These must exist when you are done:", ...expectFiles.map(path)];
}

function followUpChecks(packet: Packet): string {
  const checks = [...proseChecks(packet), callerRuns(packet)].filter((text) => text !== undefined);
  return checks.length === 0 ? "" : `Verification: ${checks.join("; ")}.`;
}

function workspaceLines(facts: WorkspaceFacts): string[] {
  const place = `${shownPath(facts.path)} (${facts.git ? "a git work tree" : "not a git work tree"})`;
  if (facts.guides.length === 0) return [place];
  return [
    place,
    `Read ${facts.guides.join(" and ")} there first and keep to the rules; skip what is about tools you do not have.`,
  ];
}
