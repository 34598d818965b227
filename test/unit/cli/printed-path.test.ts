import { describe, expect, it } from "vitest";
import { printedPath } from "../../../src/cli/printed-path.ts";

describe("a path in a command that we print", () => {
  it.each<[string, NodeJS.Platform, string]>([
    [
      "/home/me/.claude/skills/ask-codex/scripts/ask_codex.mjs",
      "linux",
      "/home/me/.claude/skills/ask-codex/scripts/ask_codex.mjs",
    ],
    ["/home/my name/x.mjs", "linux", '"/home/my name/x.mjs"'],
    ['/a/$b`"\\c', "linux", '"/a/\\$b\\`\\"\\\\c"'],
    ["C:\\Users\\me\\x.mjs", "win32", "C:/Users/me/x.mjs"],
    ["C:\\Users\\My Name\\x.mjs", "win32", '"C:/Users/My Name/x.mjs"'],
    ["\\\\nas\\me\\x.mjs", "win32", "//nas/me/x.mjs"],
    ["C:\\Program Files (x86)\\x.mjs", "win32", '"C:/Program Files (x86)/x.mjs"'],
  ])("%s on %s is %s", (path, platform, printed) => {
    expect(printedPath(path, platform)).toBe(printed);
  });
});
