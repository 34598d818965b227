import type { HookInput } from "../../claude/hook-input.ts";
import type { Io } from "../../cli/define.ts";
import { stateHome } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import type { HookAnswer } from "./answer.ts";
import { describeLive } from "./describe-live.ts";
import { dropGate, gatePlace } from "./gate-store.ts";

/**
 * Leaves runs alone, and says on stderr which go on: Claude Code shows nobody what a SessionEnd hook prints that ends well,
 * so the next session's start says it again. What the gate kept of the session goes.
 */
export async function sessionEnd({ session }: HookInput, io: Io): Promise<HookAnswer> {
  dropGate(gatePlace(stateHome(io.env), locate(undefined, io.cwd).workspace, session));
  io.stderr.write(await describeLive(io));
  return {};
}
