import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { AskCodexError } from "../../../src/core/errors.ts";
import { findCodex } from "../../../src/engine/find-codex.ts";
import { CODEX_WRAPPER, codexBinary } from "../../kit/lab.ts";
import { tempDir } from "../sys/temp-dir.ts";

const PLATFORM = `${process.platform}-${process.arch}`;
const TRIPLE: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};
const VENDOR = join("vendor", TRIPLE[PLATFORM] ?? "none");

const ELF = "\x7fELF program";
const NODE_SCRIPT = "#!/usr/bin/env node\n";

/** A machine with these files on it: programs are runnable, a target that begins with `->` is a link. */
function machine(files: Record<string, string>) {
  const root = realpathSync(tempDir());
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text.startsWith("->")) symlinkSync(text.slice(2), path);
    else writeFileSync(path, text, { mode: 0o755 });
  }
  return { root, at: (name: string) => join(root, name), env: { PATH: `/no/such:${join(root, "bin")}:${root}/later` } };
}

const LINK = "->../lib/node_modules/@openai/codex/bin/codex.js";
const WRAPPER = "lib/node_modules/@openai/codex";
const PACKAGE = `lib/node_modules/@openai/codex/node_modules/@openai/codex-${PLATFORM}`;
const HOISTED = `lib/node_modules/@openai/codex-${PLATFORM}`;
const wrapper = { "bin/codex": LINK, [`${WRAPPER}/bin/codex.js`]: NODE_SCRIPT, [`${WRAPPER}/package.json`]: "{}" };

describe("the Codex on PATH", () => {
  it.each<[name: string, files: Record<string, string>, native: string]>([
    [
      "npm with the platform's package inside",
      { ...wrapper, [`${PACKAGE}/package.json`]: "{}", [`${PACKAGE}/${VENDOR}/bin/codex`]: ELF },
      `${PACKAGE}/${VENDOR}/bin/codex`,
    ],
    [
      "npm with the platform's package beside",
      { ...wrapper, [`${HOISTED}/package.json`]: "{}", [`${HOISTED}/${VENDOR}/bin/codex`]: ELF },
      `${HOISTED}/${VENDOR}/bin/codex`,
    ],
    [
      "the platform's package in its older form",
      { ...wrapper, [`${PACKAGE}/package.json`]: "{}", [`${PACKAGE}/${VENDOR}/codex/codex`]: ELF },
      `${PACKAGE}/${VENDOR}/codex/codex`,
    ],
    [
      "an older npm package with its own vendor",
      { ...wrapper, [`${WRAPPER}/${VENDOR}/codex/codex`]: ELF },
      `${WRAPPER}/${VENDOR}/codex/codex`,
    ],
    [
      "both, of which the package is newer",
      {
        ...wrapper,
        [`${PACKAGE}/package.json`]: "{}",
        [`${PACKAGE}/${VENDOR}/bin/codex`]: ELF,
        [`${WRAPPER}/${VENDOR}/codex/codex`]: ELF,
      },
      `${PACKAGE}/${VENDOR}/bin/codex`,
    ],
    ["a plain binary", { "bin/codex": ELF }, "bin/codex"],
    [
      "a link to a binary",
      { "bin/codex": "->../opt/codex-0.169/codex", "opt/codex-0.169/codex": ELF },
      "opt/codex-0.169/codex",
    ],
    ["a directory of that name before it", { "bin/codex/x": "", "later/codex": ELF }, "later/codex"],
    ["a broken link before it", { "bin/codex": "->nowhere", "later/codex": ELF }, "later/codex"],
  ])("%s is started as its native binary", (_, files, native) => {
    const { at, env } = machine(files);
    expect(findCodex(env)).toEqual({ command: at(native), args: [], native: true });
  });

  it.each<[name: string, files: Record<string, string>]>([
    ["no package for this platform", wrapper],
    ["a package without its binary", { ...wrapper, [`${PACKAGE}/package.json`]: "{}" }],
  ])("npm with %s is started as what it is", (_, files) => {
    const { at, env } = machine(files);
    const script = at(`${WRAPPER}/bin/codex.js`);
    expect(findCodex(env)).toEqual({ command: process.execPath, args: [script], native: false });
  });

  it("is not taken for native when it is a shell script of somebody's", () => {
    const { at, env } = machine({ "bin/codex": '#!/bin/sh\nexec volta run codex "$@"\n' });
    expect(findCodex(env)).toEqual({ command: at("bin/codex"), args: [], native: false });
  });

  it("is passed over where it can't be run", () => {
    const { at, env } = machine({ "bin/codex": ELF, "later/codex": ELF });
    chmodSync(at("bin/codex"), 0o644);
    expect(findCodex(env)).toMatchObject({ command: at("later/codex") });
  });

  it("is the first of several", () => {
    const { at, env } = machine({ "bin/codex": ELF, "later/codex": ELF });
    expect(findCodex(env)).toMatchObject({ command: at("bin/codex") });
  });

  it("is never looked for in the current directory because of an empty entry", () => {
    expect(() => findCodex({ PATH: "::/no/such:" })).toThrow(AskCodexError);
  });

  it.each([{ PATH: "/no/such" }, { PATH: "" }, {}])("that is missing is fatal, with how to install it: %j", (env) => {
    expect(() => findCodex(env)).toThrow(
      expect.objectContaining({ kind: "fatal", hint: expect.stringContaining("npm install -g @openai/codex") }),
    );
  });
});

describe("ASK_CODEX_BIN", () => {
  it("comes before PATH", () => {
    const { at, env } = machine({ "bin/codex": ELF, "mine/my codex": ELF });
    expect(findCodex({ ...env, ASK_CODEX_BIN: at("mine/my codex") })).toEqual({
      command: at("mine/my codex"),
      args: [],
      native: true,
    });
  });

  it("may be the npm wrapper, and is unwrapped too", () => {
    const { at } = machine({ ...wrapper, [`${WRAPPER}/${VENDOR}/codex/codex`]: ELF });
    expect(findCodex({ ASK_CODEX_BIN: at("bin/codex") })).toMatchObject({
      command: at(`${WRAPPER}/${VENDOR}/codex/codex`),
      native: true,
    });
  });

  it("may be relative to where we are", () => {
    const { at } = machine({ "mine/codex": ELF });
    expect(findCodex({ ASK_CODEX_BIN: relative(process.cwd(), at("mine/codex")) })).toMatchObject({
      command: at("mine/codex"),
    });
  });

  it("that is empty says nothing", () => {
    const { at, env } = machine({ "bin/codex": ELF });
    expect(findCodex({ ...env, ASK_CODEX_BIN: "" })).toMatchObject({ command: at("bin/codex") });
  });

  it.each<[string, (at: (name: string) => string) => string]>([
    ["is missing", (at) => at("none")],
    ["is a directory", (at) => at("mine")],
    ["can't be run", (at) => at("mine/text")],
    ["goes through a file", (at) => at("mine/codex/x")],
    ["is the name of a program on PATH", () => "codex"],
  ])("that %s is fatal, and PATH is no way out", (_, named) => {
    const { at, env } = machine({ "bin/codex": ELF, "mine/codex": ELF, "mine/text": "x" });
    chmodSync(at("mine/text"), 0o644);
    const bin = named(at);
    expect(() => findCodex({ ...env, ASK_CODEX_BIN: bin })).toThrow(
      expect.objectContaining({
        kind: "fatal",
        message: `ASK_CODEX_BIN is ${bin}, which is not an executable file`,
      }),
    );
  });
});

it("finds the native binary of the package that npm installed here", () => {
  const found = findCodex({ ASK_CODEX_BIN: CODEX_WRAPPER });
  expect(found).toEqual({ command: codexBinary(), args: [], native: true });
  expect(found.command).toContain(`codex-${PLATFORM}`);
});
