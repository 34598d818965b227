import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { expect, test } from "vitest";

/** The floors of CONTRIBUTING.md: a folder of src/ and the folders that it may import from. */
const FLOORS: Record<string, readonly string[]> = {
  core: [],
  sys: ["core"],
  rpc: ["core", "sys"],
  policy: ["core", "sys"],
  packet: ["core", "sys"],
  engine: ["core", "sys", "rpc", "policy"],
  run: ["core", "sys", "policy", "packet"],
  gate: ["core", "sys", "run"],
  push: ["core", "sys"],
  inbox: ["core", "sys", "run"],
  claude: ["core", "sys"],
  review: ["core", "sys", "policy", "packet", "run"],
  broker: ["core", "sys", "rpc", "policy", "packet", "engine", "run", "gate", "push"],
  cli: ["core"],
  doctor: ["core", "sys", "rpc", "policy", "packet", "engine", "run", "gate", "inbox", "broker", "claude"],
  commands: [
    ...["core", "sys", "rpc", "policy", "packet", "engine", "run", "gate", "push", "inbox", "claude", "review"],
    ...["broker", "doctor", "cli"],
  ],
};
/** Floors whose types may be imported although their code may not. */
const TYPES: Record<string, readonly string[]> = { run: ["engine"], packet: ["policy"] };

const SRC = join(import.meta.dirname, "..", "..", "src");
const IMPORT =
  /(import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/g;

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const folderOf = (path: string): string => relative(SRC, path).split(sep)[0] ?? "";

function wrongImports(): string[] {
  return files.flatMap((name) => {
    const path = join(SRC, name);
    const from = folderOf(path);
    return [...readFileSync(path, "utf8").matchAll(IMPORT)].flatMap((match) => {
      const to = folderOf(join(dirname(path), match[3] ?? match[4] ?? ""));
      const allowed =
        to === from || FLOORS[from]?.includes(to) || (match[2] !== undefined && TYPES[from]?.includes(to));
      return allowed ? [] : [`${name} imports ${to}/`];
    });
  });
}

test("imports go down only", () => {
  expect(wrongImports()).toEqual([]);
});

test("every folder of src has its floor", () => {
  expect([...new Set(files.map((name) => name.split(sep)[0]))].sort()).toEqual(Object.keys(FLOORS).sort());
});

test("only sys/spawn.ts starts processes", () => {
  const starters = files.filter((name) =>
    /from "(node:)?child_process"|import\("execa"\)|from "execa"/.test(
      readFileSync(join(SRC, name), "utf8").replace(/^import type .*$/gm, ""),
    ),
  );
  expect(starters).toEqual([join("sys", "spawn.ts")]);
});

test("only cli/start.ts and what it starts see the process they live in", () => {
  const ambient = files.filter((name) =>
    /process\.(env|argv|cwd\(|exit|stdout|stdin|stderr)\b/.test(readFileSync(join(SRC, name), "utf8")),
  );
  expect(ambient).toEqual([join("cli", "start.ts")]);
});

test("no file is too long to be read at once", () => {
  const long = files.filter((name) => readFileSync(join(SRC, name), "utf8").split("\n").length > 300);
  expect(long).toEqual([]);
});
