import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeGranted, planGrants, removeIfEmpty } from "../../../src/policy/grants.ts";
import { samplePower } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

/** A workspace in which a scope was opened. */
function opened(...scope: string[]) {
  const workspace = tempDir();
  const made = makeGranted(planGrants(workspace, samplePower({ write: "scope", scope })));
  return { workspace, made, at: (name: string) => join(workspace, name) };
}

describe("directories of a scope", () => {
  it("are made with their parents, and gone again", () => {
    const { workspace, made, at } = opened("docs/api/v1/", "src/new");
    expect(made.map((path) => path.replace(/\/$/, ""))).toEqual(
      ["docs", "docs/api", "docs/api/v1", "src", "src/new"].map(at),
    );
    expect(readdirSync(at("docs/api/v1"))).toEqual([]);
    expect(removeIfEmpty(made)).toEqual(made.toReversed());
    expect(readdirSync(workspace)).toEqual([]);
  });

  it("that were there are not ours to take away", () => {
    const workspace = tempDir();
    mkdirSync(join(workspace, "docs"));
    const made = makeGranted(planGrants(workspace, samplePower({ write: "scope", scope: ["docs/", "docs/api/"] })));
    expect(made).toEqual([join(workspace, "docs/api")]);
    removeIfEmpty(made);
    expect(readdirSync(workspace)).toEqual(["docs"]);
  });

  it("that somebody made meanwhile are not ours either", () => {
    const workspace = tempDir();
    const planned = planGrants(workspace, samplePower({ write: "scope", scope: ["docs/api/"] }));
    mkdirSync(join(workspace, "docs"));
    expect(makeGranted(planned)).toEqual([join(workspace, "docs/api")]);
  });

  it.each<[what: string, put: (path: string) => void]>([
    ["a file", (path) => writeFileSync(path, "x")],
    ["a directory, though it is empty", (path) => mkdirSync(path)],
    ["a link that leads nowhere", (path) => symlinkSync("nowhere", path)],
    ["a name that begins with a dot", (path) => writeFileSync(join(path, "..", ".x"), "")],
  ])("stay when they came to hold %s, and so do their parents", (_, put) => {
    const { made, at } = opened("docs/api/v1/", "docs/b/");
    put(at("docs/api/v1/x"));
    expect(removeIfEmpty(made)).toEqual([at("docs/b")]);
    expect(existsSync(at("docs/api/v1"))).toBe(true);
  });

  it("stay when something was put beside them", () => {
    const { workspace, made, at } = opened("docs/api/");
    writeFileSync(at("docs/x"), "mine");
    removeIfEmpty(made);
    expect(readdirSync(workspace)).toEqual(["docs"]);
    expect(readdirSync(at("docs"))).toEqual(["x"]);
  });

  it("that are gone or became something else are no error", () => {
    const { made, at } = opened("gone/", "file/", "link/", "left/");
    for (const name of ["gone", "file", "link"]) rmSync(at(name), { recursive: true });
    writeFileSync(at("file"), "kept");
    mkdirSync(at("target"));
    symlinkSync("target", at("link"));
    expect(removeIfEmpty(made)).toEqual([at("left")]);
    expect(readFileSync(at("file"), "utf8")).toBe("kept");
    expect(existsSync(at("target"))).toBe(true);
  });

  it("are none where nothing is missing", () => {
    const workspace = tempDir();
    expect(makeGranted(planGrants(workspace, samplePower()))).toEqual([]);
    expect(removeIfEmpty([])).toEqual([]);
    expect(existsSync(workspace)).toBe(true);
  });

  it("that can't be made are said", () => {
    const file = join(tempDir(), "file");
    writeFileSync(file, "");
    expect(() => makeGranted({ directories: [], toMake: [join(file, "docs")] })).toThrow(/is not a directory/);
  });
});
