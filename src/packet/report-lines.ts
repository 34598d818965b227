import type { Packet } from "../core/packet.ts";
import type { Power } from "../core/policy.ts";
import type { Role } from "./role.ts";

/** How Codex asks where it can: through a tool that parks the turn. */
export const ASK = "call the tool `ask_caller` with one clear question and its options, and go on with the answer";

const ASKING = "When you need a decision that the repository can't settle and only the caller can make";

/** What to hand back and in which form; the packet's own deliverable takes the place of the role's. */
export function reportLines(input: {
  packet: Packet;
  role: Role;
  power: Power;
  schema: boolean;
  askTool: boolean;
}): string[] {
  return [deliverable(input), ...(input.schema ? jsonLines(input.askTool) : statusLines(input.askTool))];
}

function deliverable({ packet, role, power }: { packet: Packet; role: Role; power: Power }): string {
  if (packet.deliverable !== undefined) return `Deliverable: ${packet.deliverable}`;
  const changes = role.power === "write" && power.write !== "none";
  return changes
    ? "Deliverable: the change in the workspace, and a last message that says what you changed and why, and what is left."
    : "Deliverable: your last message. It stands alone: the caller sees nothing of the steps before it.";
}

function jsonLines(askTool: boolean): string[] {
  const unasked = "take the most cautious reading of the goal and say so where the schema has room for it";
  return [
    "Your last message is only JSON that satisfies the given output schema: no text around it, no code fence, no Status line.",
    `${ASKING}, ${askTool ? ASK : unasked}.`,
  ];
}

const statusLines = (askTool: boolean): string[] => [
  `${ASKING}, ${askTool ? ASK : "ask it as the last paragraph, directly above `Status: question`"}.`,
  "End the last message with one line `Status: done|partial|question|blocked` and nothing after it:",
  "- `Status: done`: the goal is fulfilled and you have checked it",
  "- `Status: partial`: something of the goal is left; say what",
  "- `Status: question`: you can't go on without an answer; the last paragraph asks it",
  "- `Status: blocked`: you can't go on for another reason; say what stands in the way",
];
