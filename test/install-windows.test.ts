import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { findOnPath, stateHomeOf, targetOf } from "../scripts/install/places.mjs";
import { stateHome } from "../src/sys/paths.ts";

const REPO = resolve(import.meta.dirname, "..");
const read = (name: string) => readFileSync(join(REPO, name), "utf8");

/** PowerShell without its comments and without what stands in quotes, and whether every bracket and quote is closed. */
function outline(text: string): { code: string; open: string } {
  const closing: Record<string, string> = { "(": ")", "{": "}", "[": "]" };
  const open: string[] = [];
  let code = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "#") {
      at = Math.max(text.indexOf("\n", at), at);
      code += "\n";
    } else if (char === "'" || char === '"') {
      let end = at + 1;
      // A backtick keeps the next character, and a $( ) inside has its own brackets: neither may hide the end.
      while (end < text.length && text.charAt(end) !== char) end += char === '"' && text.charAt(end) === "`" ? 2 : 1;
      if (end >= text.length) open.push(char);
      code += char + char;
      at = end;
    } else {
      code += char;
      if (closing[char] !== undefined) open.push(char);
      else if (/[)}\]]/.test(char) && closing[open.pop() ?? ""] !== char) return { code, open: `a ${char} too many` };
    }
  }
  return { code, open: open.join("") };
}

describe("install.ps1, read as PowerShell 5.1 would", () => {
  const ps1 = read("install.ps1");
  const sh = read("install.sh");
  const { code, open } = outline(ps1);

  it("closes every bracket and every quote", () => {
    expect(open).toBe("");
    expect(outline(`${ps1}{`).open).toBe("{");
    expect(outline(ps1.replace("}", "")).open).not.toBe("");
  });

  it("uses nothing that only newer PowerShells know", () => {
    expect(code).not.toMatch(/\?\?|&&|\|\||\?\.|\s\?\s|-Parallel|\bIsWindows\b/);
  });

  it("gives a null to no environment variable: newer .NETs make an empty one of it", () => {
    expect(code).not.toMatch(/SetEnvironmentVariable|\$env:\w+\s*=\s*\$null/);
  });

  it("has every path looked at as it is: brackets are wildcards to Test-Path and Remove-Item", () => {
    for (const line of code.split("\n").filter((one) => /Test-Path|Remove-Item|Set-Item/.test(one)))
      expect(line).toContain("-LiteralPath");
  });

  it("passes the options on as they are, whatever they are called", () => {
    expect(code.match(/@(?:args|Options)\b/g)).toEqual(["@Options", "@args"]);
    expect(code).not.toMatch(/^\s*param\b/im);
  });

  it.each([
    "Node.js is not on PATH, but ask-codex runs on it; install Node.js",
    "which is no branch, tag or commit; correct it and run this again",
    "git is not on PATH, but outside a clone ask-codex is fetched with it; install git and run this again",
    "is not a repository of ask-codex (it has no scripts/install.mjs); correct ASK_CODEX_REPO and run this again",
    "correct ASK_CODEX_REF and run this again",
    "check the network and ASK_CODEX_REPO, and run this again",
  ])("says what install.sh says: %s", (sentence) => {
    expect(sh).toContain(sentence);
    expect(ps1).toContain(sentence);
  });

  it("unsets what install.sh unsets, and puts it back", () => {
    const names = /unset ((?:GIT_\w+ ?)+)/.exec(sh)?.[1]?.trim().split(" ") ?? [];
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(ps1).toContain(`'${name}'`);
    expect(ps1.indexOf("Set-Item")).toBeGreaterThan(ps1.indexOf("} finally {"));
  });

  it("ends with the installer's code, and closes nobody's window under iex", () => {
    expect(code.trimEnd().split("\n").at(-1)).toBe("if ($PSCommandPath) { exit $script:InstallExit }");
    expect(ps1).toContain('correct it and run this again" 64');
  });
});

describe("the installer's places on Windows", () => {
  const env = { LOCALAPPDATA: "/L", XDG_STATE_HOME: "/x", USERPROFILE: "/U/me", HOME: "/git-bash/me" };

  it("are the profile's, and the records lie where the runs put them", () => {
    expect(targetOf(env, "/", "win32")).toBe(join("/U/me", ".claude", "skills", "ask-codex"));
    for (const left of [env, { ...env, LOCALAPPDATA: "" }])
      expect(stateHomeOf(left, "/", "win32").replaceAll("\\", "/")).toBe(
        stateHome(left, "win32").replaceAll("\\", "/"),
      );
  });

  it("have programs with an ending", () => {
    expect(findOnPath("none-by-this-name", { PATH: "/usr/bin" }, "win32")).toBeUndefined();
  });
});
