import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import { ROLES } from "../../../src/core/packet.ts";
import { findRole, ROLE_TABLE } from "../../../src/packet/roles/index.ts";

describe("ROLE_TABLE", () => {
  it.each([
    ["scout", "read", undefined],
    ["writer", "write", "medium"],
    ["reviewer", "read", "high"],
    ["verifier", "read", undefined],
    ["debugger", "write", "high"],
    ["synthesizer", "read", undefined],
  ] as const)("%s: power %s, reasoning %s", (name, power, reasoning) => {
    expect(ROLE_TABLE[name]).toMatchObject({ name, power });
    expect(ROLE_TABLE[name].reasoning).toBe(reasoning);
  });

  it("has one-line texts, and no word that means two roles", () => {
    const roles = ROLES.map((name) => ROLE_TABLE[name]);
    for (const role of roles) for (const text of [role.purpose, ...role.rules]) expect(text).toMatch(/^\S.*\.$/);
    const words = roles.flatMap((role) => [role.name, ...role.aliases]);
    expect(new Set(words).size).toBe(words.length);
  });
});

describe("findRole", () => {
  it.each([
    ["writer", "writer"],
    ["worker", "writer"],
    ["Worker", "writer"],
    ["SCOUT", "scout"],
    [" debugger ", "debugger"],
  ])("%j is %s", (word, name) => {
    expect(findRole(word).name).toBe(name);
  });

  it.each(["", "write", "constructor", "__proto__", "scout,writer"])("%j is refused with the names", (word) => {
    expect(() => findRole(word)).toThrow(AskCodexError);
    try {
      findRole(word);
    } catch (error) {
      expect(error).toMatchObject({ kind: "usage", hint: expect.stringContaining("writer (or worker)") });
      for (const name of ROLES) expect(error).toMatchObject({ hint: expect.stringContaining(name) });
    }
  });
});
