import type { RoleName } from "../core/packet.ts";

/** What a role decides: what it may touch, how hard Codex thinks by default, and the rules its prompt opens with. */
export interface Role {
  name: RoleName;
  aliases: readonly string[];
  power: "read" | "write";
  /** Passed to Codex unless the caller names one; absent: Codex's own default. */
  reasoning?: string;
  /** One line, imperative: what the role is for. */
  purpose: string;
  rules: readonly string[];
}
