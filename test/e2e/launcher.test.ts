import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLab, ROOT } from "../kit/lab.ts";

/** A copy of what is installed, so that its bundle can be taken away. */
function copySkill(dir: string): string {
  const root = join(dir, "a skill");
  mkdirSync(root);
  for (const name of ["scripts", "src", "dist", "package.json"])
    cpSync(join(ROOT, name), join(root, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  return root;
}

const inCopy = async (body: (root: string) => Promise<void>) => {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "ask-codex launcher-"));
  try {
    await body(copySkill(dir));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const version = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;

test.each(["bundle", "sources, because there is no bundle", "sources, because the bundle is stale"])(
  "runs from the %s",
  (how) =>
    inCopy(async (root) => {
      const lab = await openLab();
      try {
        if (how.includes("no bundle")) rmSync(join(root, "dist"), { recursive: true });
        if (how.includes("stale")) writeFileSync(join(root, "src", "new-file.ts"), "export const added = 1;\n");
        const script = join(root, "scripts", "ask_codex.mjs");
        const told = await lab.run(process.execPath, [script, "--version"]);
        expect(told.stdout, told.stderr).toBe(`ask_codex ${version}\n`);
        const done = await lab.run(process.execPath, [script, "do it and run the tests"]);
        expect(done.lines.verdict, done.stderr).toBe("done");
      } finally {
        await lab.close();
      }
    }),
);

test("without packages and without a bundle it says what to do", () =>
  inCopy(async (root) => {
    const lab = await openLab({ git: false });
    try {
      rmSync(join(root, "dist"), { recursive: true });
      rmSync(join(root, "node_modules"));
      const told = await lab.run(process.execPath, [join(root, "scripts", "ask_codex.mjs"), "hello"]);
      expect(told.code).toBe(3);
      expect(told.stderr).toContain(`npm --prefix '${root}' ci --omit=dev`);
    } finally {
      await lab.close();
    }
  }));

test("with a bundle it needs no packages at all", () =>
  inCopy(async (root) => {
    const lab = await openLab();
    try {
      rmSync(join(root, "node_modules"));
      const done = await lab.run(process.execPath, [join(root, "scripts", "ask_codex.mjs"), "do it and run the tests"]);
      expect(done.lines.verdict, done.stderr).toBe("done");
    } finally {
      await lab.close();
    }
  }));

test("npm test and npm run demo set themselves up: setup.mjs leaves a bundle that is not stale", () =>
  inCopy(async (root) => {
    const lab = await openLab({ git: false });
    try {
      rmSync(join(root, "dist"), { recursive: true });
      const set = await lab.run(process.execPath, [join(root, "scripts", "setup.mjs")]);
      expect(set.code, set.stderr).toBe(0);
      expect(existsSync(join(root, "dist", "stamp"))).toBe(true);
    } finally {
      await lab.close();
    }
  }));
