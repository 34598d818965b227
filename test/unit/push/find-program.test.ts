import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProgram } from "../../../src/push/find-program.ts";
import { tempDir } from "../sys/temp-dir.ts";

function world() {
  const cwd = tempDir();
  mkdirSync(join(cwd, "bin"));
  for (const [name, mode] of [
    ["bin/beep", 0o755],
    ["bin/plain", 0o644],
  ] as const) {
    writeFileSync(join(cwd, name), "#!/bin/sh\n");
    chmodSync(join(cwd, name), mode);
  }
  return { cwd, env: { PATH: `/nowhere:${join(cwd, "bin")}` } };
}

describe("findProgram", () => {
  it.each(["beep", "./bin/beep", "bin/beep"])("%s", (name) => {
    const about = world();
    expect(findProgram(name, about)).toEqual({ path: join(about.cwd, "bin/beep") });
  });

  it.each([
    ["nothing", "no program with this name is on PATH"],
    ["./beep", "there is no such file"],
    ["plain", "it may not be executed"],
    ["./bin/plain", "it may not be executed"],
    ["./bin", "it is a directory"],
    ["./bin/beep/x", "there is no such file"],
  ])("%s: %s", (name, problem) => {
    expect(findProgram(name, world())).toEqual({ problem });
  });

  it.each<[string, string]>([
    ["tool", "bin/tool.exe"],
    ["TOOL", "bin/TOOL.com"],
    ["tool.exe", "bin/tool.exe"],
    ["my.tool", "bin/my.tool.exe"],
    [".\\bin/tool", "missing"],
  ])("%s on Windows, where an ending may be left out", (name, file) => {
    const about = world();
    for (const one of ["tool.exe", "TOOL.com", "my.tool.exe", "batch.cmd"])
      writeFileSync(join(about.cwd, "bin", one), "", { mode: 0o755 });
    const env = { Path: `"";${join(about.cwd, "bin")}`, PathExt: ".com;.exe;.cmd" };
    const found = findProgram(name, { ...about, env }, "win32");
    expect(found).toEqual(file === "missing" ? { problem: "there is no such file" } : { path: join(about.cwd, file) });
    expect(findProgram("batch", { ...about, env }, "win32")).toEqual({
      problem: "Windows starts a batch file by its shell only: add --notify-shell",
    });
  });
});
