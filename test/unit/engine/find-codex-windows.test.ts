import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCodex, type System } from "../../../src/engine/find-codex.ts";
import { tempDir } from "../sys/temp-dir.ts";

const X64: System = { platform: "win32", arch: "x64" };
const ARM: System = { platform: "win32", arch: "arm64" };

/** What npm's cmd-shim writes, word for word but for the script. */
const CMD = (script: string) => `@ECHO off\r
GOTO start\r
:find_dp0\r
SET dp0=%~dp0\r
EXIT /b\r
:start\r
SETLOCAL\r
CALL :find_dp0\r
\r
IF EXIST "%dp0%\\node.exe" (\r
  SET "_prog=%dp0%\\node.exe"\r
) ELSE (\r
  SET "_prog=node"\r
  SET PATHEXT=%PATHEXT:;.JS;=;%\r
)\r
\r
endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\${script}" %*\r
`;
const PS1 = (script: string) => `#!/usr/bin/env pwsh
$basedir=Split-Path $MyInvocation.MyCommand.Definition -Parent
$exe=""
if (Test-Path "$basedir/node$exe") {
  & "$basedir/node$exe"  "$basedir/${script}" $args
}
`;
/** pnpm's. */
const PNPM = (script: string) => `@SETLOCAL\r
@IF EXIST "%~dp0\\node.exe" (\r
  "%~dp0\\node.exe"  "%~dp0\\${script}" %*\r
)\r
`;

const SCRIPT = "node_modules\\@openai\\codex\\bin\\codex.js";
const PREFIX = "Program Files/npm & co";
const WRAPPER = `${PREFIX}/node_modules/@openai/codex`;
const files = {
  [`${PREFIX}/codex`]: "#!/bin/sh\n",
  [`${PREFIX}/codex.cmd`]: CMD(SCRIPT),
  [`${PREFIX}/codex.ps1`]: PS1(SCRIPT.replaceAll("\\", "/")),
  [`${WRAPPER}/bin/codex.js`]: "#!/usr/bin/env node\n",
  [`${WRAPPER}/package.json`]: "{}",
};
const inside = (name: string, triple: string) => ({
  [`${WRAPPER}/node_modules/@openai/codex-${name}/package.json`]: "{}",
  [`${WRAPPER}/node_modules/@openai/codex-${name}/vendor/${triple}/bin/codex.exe`]: "MZ",
});

/** A Windows disk, as far as a Linux one can be it; no file may be executed, for Windows knows no such mark. */
function disk(tree: Record<string, string>) {
  const root = realpathSync(tempDir());
  for (const [name, text] of Object.entries(tree)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text.startsWith("->")) symlinkSync(text.slice(2), path);
    else writeFileSync(path, text, { mode: 0o644 });
  }
  const at = (name: string) => join(root, name);
  return { at, env: { Path: `${at("System32")};;"${at(PREFIX)}" ;${at("later")}` } };
}

describe("npm's Codex on Windows", () => {
  it.each<[string, Record<string, string>, System, string]>([
    [
      "with the platform's package inside",
      inside("win32-x64", "x86_64-pc-windows-msvc"),
      X64,
      `${WRAPPER}/node_modules/@openai/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe`,
    ],
    [
      "on an ARM machine",
      { ...inside("win32-arm64", "aarch64-pc-windows-msvc"), ...inside("win32-x64", "x86_64-pc-windows-msvc") },
      ARM,
      `${WRAPPER}/node_modules/@openai/codex-win32-arm64/vendor/aarch64-pc-windows-msvc/bin/codex.exe`,
    ],
    [
      "with the platform's package beside",
      {
        [`${PREFIX}/node_modules/@openai/codex-win32-x64/package.json`]: "{}",
        [`${PREFIX}/node_modules/@openai/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe`]: "MZ",
      },
      X64,
      `${PREFIX}/node_modules/@openai/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe`,
    ],
    [
      "of an older release, with its own vendor",
      { [`${WRAPPER}/vendor/x86_64-pc-windows-msvc/codex/codex.exe`]: "MZ" },
      X64,
      `${WRAPPER}/vendor/x86_64-pc-windows-msvc/codex/codex.exe`,
    ],
  ])("%s is its binary", (_, more, system, native) => {
    const { at, env } = disk({ ...files, ...more });
    expect(findCodex(env, system)).toEqual({ command: at(native), args: [], native: true });
    for (const shim of ["codex.cmd", "codex.ps1"])
      expect(findCodex({ ASK_CODEX_BIN: at(`${PREFIX}/${shim}`) }, system).command).toBe(at(native));
  });

  it("without its binary is its script, run by Node and not by a shell", () => {
    const { at, env } = disk({ ...files, ...inside("win32-arm64", "aarch64-pc-windows-msvc") });
    const script = at(`${WRAPPER}/bin/codex.js`);
    expect(findCodex(env, X64)).toEqual({ command: process.execPath, args: [script], native: false });
  });

  it("of pnpm lies where its shim says, behind a link", () => {
    const store = "store/@openai+codex@0.169.0/node_modules/@openai";
    const { at } = disk({
      "bin/codex.cmd": PNPM("..\\global\\node_modules\\@openai\\codex\\bin\\codex.js"),
      "global/node_modules/@openai/codex": `->../../../${store}/codex`,
      [`${store}/codex/bin/codex.js`]: "#!/usr/bin/env node\n",
      [`${store}/codex-win32-x64/package.json`]: "{}",
      [`${store}/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe`]: "MZ",
    });
    expect(findCodex({ Path: at("bin") }, X64)).toMatchObject({
      command: at(`${store}/codex-win32-x64/vendor/x86_64-pc-windows-msvc/bin/codex.exe`),
      native: true,
    });
  });
});

describe("another Codex on Windows", () => {
  it("that is a program comes before a shim in the same folder, and an earlier folder before all", () => {
    const { at, env } = disk({ ...files, [`${PREFIX}/codex.exe`]: "MZ", "later/codex.exe": "MZ" });
    expect(findCodex(env, X64)).toEqual({ command: at(`${PREFIX}/codex.exe`), args: [], native: true });
  });

  it.each([
    ["codex.cmd", "@echo off\r\npython codex.py %*\r\n"],
    ["codex.ps1", "python codex.py $args\n"],
    ["codex.cmd", CMD("node_modules\\other\\codex.js")],
    ["codex.cmd", ""],
  ])("that is a %s of somebody's own is refused, with what to do: no shell gets a prompt", (name, text) => {
    const { at } = disk({ [`own/${name}`]: text });
    expect(() => findCodex({ Path: at("own") }, X64)).toThrow(
      /is a script for a shell, and what it starts is not npm's/,
    );
    expect(() => findCodex({ ASK_CODEX_BIN: at(`own/${name}`) }, X64)).toThrow(/is a script for a shell/);
  });

  it("is missing where there is only npm's script for a POSIX shell", () => {
    const { at } = disk({ "bin/codex": "#!/bin/sh\n" });
    expect(() => findCodex({ Path: at("bin") }, X64)).toThrow("no `codex` on PATH");
    expect(() => findCodex({}, X64)).toThrow("no `codex` on PATH");
  });

  it("has no ending on a Mac, and its own package", () => {
    const mac: System = { platform: "darwin", arch: "arm64" };
    const packed = "lib/node_modules/@openai/codex-darwin-arm64";
    const { at } = disk({
      "lib/node_modules/@openai/codex/bin/codex.js": "#!/usr/bin/env node\n",
      [`${packed}/package.json`]: "{}",
      [`${packed}/vendor/aarch64-apple-darwin/bin/codex.exe`]: "MZ",
    });
    // Nothing there may be executed.
    expect(() => findCodex({ ASK_CODEX_BIN: at("lib/node_modules/@openai/codex/bin/codex.js") }, mac)).toThrow(
      "not an executable file",
    );
  });
});
