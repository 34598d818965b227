import { describe, expect, it } from "vitest";
import type { Power } from "../../../src/core/request.ts";
import {
  PROFILE_NAME,
  permissionProfile,
  policyWord,
  shellEnvironmentPolicy,
} from "../../../src/policy/permission-profile.ts";

const STATE = "/home/me/.local/state/ask-codex";
const TEMPORARY = { ":slash_tmp": "write", ":tmpdir": "write" };

describe("the profile", () => {
  it.each<[Power["write"], network: boolean, filesystem: object]>([
    ["none", false, { ":root": "read", ":project_roots": { ".": "read" }, [STATE]: "read" }],
    ["none", true, { ":root": "read", ":project_roots": { ".": "read" }, [STATE]: "deny" }],
    ["workspace", false, { ":root": "read", ":project_roots": { ".": "write" }, ...TEMPORARY, [STATE]: "read" }],
    ["workspace", true, { ":root": "read", ":project_roots": { ".": "write" }, ...TEMPORARY, [STATE]: "deny" }],
  ])("of write %s, network %s", (write, network, filesystem) => {
    expect(permissionProfile({ power: { write, network }, stateHome: STATE })).toEqual({
      filesystem,
      network: { enabled: network },
    });
  });

  it("never lets the records be written, wherever they lie", () => {
    for (const write of ["none", "workspace", "everything"] as const) {
      for (const network of [true, false]) {
        const profile = permissionProfile({ power: { write, network }, stateHome: "/tmp/state" });
        expect(profile).toMatchObject({ filesystem: { "/tmp/state": network ? "deny" : "read" } });
      }
    }
  });

  it("has the name under which Codex reports it back", () => {
    expect(PROFILE_NAME).toBe("ask_codex");
  });
});

it("the environment of commands leaves out what looks like a key, and carries the mark", () => {
  expect(shellEnvironmentPolicy("ASK_CODEX_RUN", "r-1")).toEqual({
    inherit: "all",
    ignore_default_excludes: false,
    set: { ASK_CODEX_RUN: "r-1" },
  });
});

it.each<[Power["write"], boolean, string]>([
  ["none", false, "ok"],
  ["none", true, "ok"],
  ["workspace", false, "ok"],
  ["workspace", true, "ok"],
  ["everything", false, "off"],
  ["everything", true, "off"],
])("the word for write %s, network %s is %s", (write, network, word) => {
  expect(policyWord({ write, network })).toBe(word);
});
