import { usageError } from "../../core/errors.ts";
import type { RoleName } from "../../core/packet.ts";
import type { Role } from "../role.ts";
import { debuggerRole } from "./debugger.ts";
import { reviewer } from "./reviewer.ts";
import { scout } from "./scout.ts";
import { synthesizer } from "./synthesizer.ts";
import { verifier } from "./verifier.ts";
import { writer } from "./writer.ts";

/** Every role there is; a name in core without a row here doesn't compile. */
export const ROLE_TABLE = {
  scout,
  writer,
  reviewer,
  verifier,
  debugger: debuggerRole,
  synthesizer,
} satisfies Record<RoleName, Role>;

/** The role a caller means by a word, whatever its case; an unknown word is refused with the words that exist. */
export function findRole(word: string): Role {
  const wanted = word.trim().toLowerCase();
  const roles: Role[] = Object.values(ROLE_TABLE);
  const found = roles.find((role) => role.name === wanted || role.aliases.includes(wanted));
  if (found) return found;
  const names = roles.map((role) => [role.name, ...role.aliases.map((alias) => `(or ${alias})`)].join(" "));
  throw usageError(`there is no role ${JSON.stringify(word.slice(0, 40))}`, `roles: ${names.join(", ")}`);
}
