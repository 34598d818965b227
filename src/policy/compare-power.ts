import type { Power } from "../core/policy.ts";
import { scopeCovers } from "./scope.ts";

const RANK = { none: 0, scope: 1, workspace: 2, everything: 3 } as const;

/** What of `asked` goes beyond `had`, each in words that name it; empty when all of it was there before. */
export function powerBeyond(had: Power, asked: Power): string[] {
  const outside = (kept: readonly string[], wanted: readonly string[]) => wanted.filter((one) => !kept.includes(one));
  return [
    ...writeBeyond(had, asked),
    ...outside(had.writable, asked.writable).map((dir) => `writing ${dir}`),
    ...(asked.network && !had.network ? ["the network"] : []),
    ...(asked.tmp && !had.tmp && asked.write !== "none" ? ["writing /tmp"] : []),
    ...outside(had.env, asked.env).map((name) => `the variable ${name}`),
  ];
}

function writeBeyond(had: Power, asked: Power): string[] {
  if (asked.write === "none") return [];
  if (RANK[asked.write] <= RANK[had.write]) {
    // With full access the audit alone holds a scope: what leaves it out has more, too.
    if (had.scope.length > 0 && asked.scope.length === 0) return ["writing the whole workspace"];
    const more = had.scope.length === 0 ? [] : asked.scope.filter((pattern) => !scopeCovers(had.scope, [pattern]));
    return more.map((pattern) => `writing ${pattern}`);
  }
  return [
    {
      none: "",
      scope: `writing ${asked.scope.join(", ")}`,
      workspace: "writing the whole workspace",
      everything: "full access",
    }[asked.write],
  ];
}

/** A power in a few words, for messages. */
export function describePower(power: Power): string {
  const write = {
    none: "nothing",
    scope: power.scope.join(", "),
    workspace: "the workspace",
    everything: "everything",
  }[power.write];
  const more = [
    ...power.writable.map((dir) => `, ${dir}`),
    ...(power.network ? ["; network on"] : []),
    ...(power.env.length > 0 ? [`; variables ${power.env.join(", ")}`] : []),
  ];
  return `may write ${write}${more.join("")}`;
}
