import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Power } from "../../../src/core/policy.ts";
import { planGrants } from "../../../src/policy/grants.ts";
import { parseScope } from "../../../src/policy/scope.ts";
import { samplePower } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const FILES = ["README.md", "Makefile", "src/a.ts", "src/deep/b.ts", "app/[id]/page.tsx", "other/x"];

/** A workspace with a few files; names are relative to it. */
function world() {
  const workspace = join(tempDir(), "a repo");
  for (const name of FILES) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), "");
  }
  const named = (path: string) => (path === workspace ? "." : path.replace(`${workspace}/`, ""));
  const grants = (over: Partial<Power>) => {
    const { directories, toMake } = planGrants(workspace, samplePower(over));
    return { directories: directories.map(named), toMake: toMake.map(named) };
  };
  return { workspace, grants, scope: (...scope: string[]) => grants({ write: "scope", scope }) };
}

describe("what a scope opens to the kernel", () => {
  it.each<[scope: string[], directories: string[], toMake: string[]]>([
    // A file opens its directory: the sandbox can't open a file.
    [["src/a.ts"], ["src"], []],
    [["README.md"], ["."], []],
    [["Makefile"], ["."], []],
    [["src"], ["src"], []],
    [["src/"], ["src"], []],
    [["src/deep/b.ts"], ["src/deep"], []],
    // What is not there yet is a directory if it says so, or if its name has no dot.
    [["src/new.ts"], ["src"], []],
    [["src/new"], ["src/new"], ["src/new"]],
    [["src/new/"], ["src/new"], ["src/new"]],
    [["src/v1.0/"], ["src/v1.0"], ["src/v1.0"]],
    [["docs/api/x.md"], ["docs/api"], ["docs", "docs/api"]],
    [["docs/api/v1"], ["docs/api/v1"], ["docs", "docs/api", "docs/api/v1"]],
    [
      ["docs/a", "docs/b"],
      ["docs/a", "docs/b"],
      ["docs", "docs/a", "docs/b"],
    ],
    [[".env.example"], ["."], []],
    // A glob opens the folders before its first wildcard.
    [["src/*.ts"], ["src"], []],
    [["src/**"], ["src"], []],
    [["src/d*/b.ts"], ["src"], []],
    [["*.md"], ["."], []],
    [["**"], ["."], []],
    [["{src,other}/x"], ["."], []],
    [["docs/*.md"], ["docs"], ["docs"]],
    [["docs/api/**/x?.md"], ["docs/api"], ["docs", "docs/api"]],
    // Codex would take these for globs: their nearest plain parent is opened.
    [["app/[id]"], ["app"], []],
    [["app/[id]/page.tsx"], ["app"], []],
    [["app/[id]/new/"], ["app"], ["app/[id]/new"]],
    [["[lang]/x.ts"], ["."], ["[lang]"]],
    [["app/{x}y/z.ts"], ["app"], []],
    [["app/a]b/"], ["app"], ["app/a]b"]],
    // These are names like any other.
    [["app/(group)/"], ["app/(group)"], ["app/(group)"]],
    [["app/@modal/+x/"], ["app/@modal/+x"], ["app/@modal", "app/@modal/+x"]],
    [["with blank/é/"], ["with blank/é"], ["with blank", "with blank/é"]],
    // What lies in another is opened by it.
    [["src", "src/deep"], ["src"], []],
    [["src/deep", "src/a.ts"], ["src"], []],
    [["src/deep", "other"], ["other", "src/deep"], []],
    [["src", "README.md"], ["."], []],
    [["src", "src2/"], ["src", "src2"], ["src2"]],
    [["src/new", "src"], ["src"], ["src/new"]],
  ])("%j", (scope, directories, toMake) => {
    expect(world().scope(...scope)).toEqual({ directories, toMake });
  });

  it("is never anything but a directory that is there, or will be made", () => {
    for (const name of [...FILES, "src", "src/", "new", "new/x.ts", "a/b/c/", "*.ts", "src/*", "app/[id]/[x]/"]) {
      const { workspace } = world();
      const { directories, toMake } = planGrants(workspace, samplePower({ write: "scope", scope: [name] }));
      for (const path of toMake) mkdirSync(path);
      expect(directories.map((path) => readdirSync(path) && realpathSync(path))).toEqual(directories);
    }
  });

  it("is found without writing", () => {
    const { workspace, scope } = world();
    scope("docs/api/", "src/new");
    expect([join(workspace, "docs"), join(workspace, "src/new")].map(existsSync)).toEqual([false, false]);
  });
});

describe("what else a power opens", () => {
  it.each<[Partial<Power>, string[]]>([
    [{ write: "none" }, []],
    [{ write: "workspace" }, ["."]],
    [{ write: "everything" }, []],
    [{ write: "everything", scope: ["src"] }, []],
    [{ write: "workspace", writable: ["/elsewhere"] }, [".", "/elsewhere"]],
    [{ write: "scope", scope: ["src"], writable: ["/elsewhere"] }, ["/elsewhere", "src"]],
    [{ write: "scope", scope: ["src"], writable: ["/a", "/a/b", "/ab"] }, ["/a", "/ab", "src"]],
  ])("%j", (power, directories) => {
    const { grants } = world();
    const opened = grants(power);
    expect(opened.directories.toSorted()).toEqual(directories.toSorted());
    expect(opened.toMake).toEqual([]);
  });

  it("collapses what is writable below the workspace into it", () => {
    const { workspace, grants } = world();
    expect(grants({ write: "workspace", writable: [join(workspace, "src")] }).directories).toEqual(["."]);
    expect(grants({ write: "scope", scope: ["src/deep"], writable: [join(workspace, "src")] }).directories).toEqual([
      "src",
    ]);
  });
});

describe("a scope with a link in it", () => {
  const refused = (message: string) =>
    expect.objectContaining({ kind: "usage", message: expect.stringContaining(message), hint: expect.any(String) });

  it.each(["link", "link/", "link/x.ts", "link/new/", "link/*.ts", "link/**"])(
    "that leads out is refused: %s",
    (entry) => {
      const { workspace, scope } = world();
      symlinkSync(tempDir(), join(workspace, "link"));
      expect(() => scope(entry)).toThrow(refused("outside the workspace"));
      expect(() => scope(...(parseScope([entry], workspace) ?? []))).toThrow(refused("outside the workspace"));
    },
  );

  it.each(["..", "../", "/"])("to %s, above the workspace, is refused", (target) => {
    const { workspace, scope } = world();
    symlinkSync(target, join(workspace, "link"));
    expect(() => scope("link/")).toThrow(refused("outside the workspace"));
  });

  it("to a neighbour whose name begins the same is refused", () => {
    const { workspace, scope } = world();
    mkdirSync(`${workspace}2`);
    symlinkSync(`${workspace}2`, join(workspace, "link"));
    expect(() => scope("link/")).toThrow(refused("outside the workspace"));
  });

  it.each([
    ["link", "src"],
    ["link/", "src"],
    ["link/deep/b.ts", "src/deep"],
    ["link/*.ts", "src"],
    ["link/new/", "src/new"],
  ])("inside opens the place itself: %s", (entry, opened) => {
    const { workspace, scope } = world();
    symlinkSync("src", join(workspace, "link"));
    expect(scope(...(parseScope([entry], workspace) ?? [])).directories).toEqual([opened]);
  });

  it("that is a file, wherever it leads, opens the directory in which it lies", () => {
    const { workspace, scope } = world();
    symlinkSync("/etc/hostname", join(workspace, "src", "l.ts"));
    expect(scope("src/l.ts").directories).toEqual(["src"]);
  });

  it.each([".git/hooks", "other", ".claude"])("that a run put in the place of a file does not open %s", (target) => {
    const { workspace, scope } = world();
    mkdirSync(join(workspace, target), { recursive: true });
    expect(scope("src/a.ts").directories).toEqual(["src"]);
    unlinkSync(join(workspace, "src", "a.ts"));
    symlinkSync(join("..", target), join(workspace, "src", "a.ts"));
    expect(() => scope("src/a.ts")).toThrow(refused("by a link"));
    expect(() => scope("src/a.ts/new/")).toThrow(refused("by a link"));
  });

  it.each([
    ["nowhere", "link/"],
    ["nowhere", "link/x/"],
    ["link", "link/"],
    ["link", "link/x.ts"],
  ])("to %s is bad input, not a fault of ours: %s", (target, entry) => {
    const { workspace, scope } = world();
    symlinkSync(target, join(workspace, "link"));
    expect(() => scope(entry)).toThrow(refused("link"));
  });
});

it.each(["README.md/", "README.md/x", "Makefile/x/", "src/a.ts/*.ts"])(
  "a scope below a file is bad input, not a fault of ours: %s",
  (entry) => {
    expect(() => world().scope(entry)).toThrow(expect.objectContaining({ kind: "usage" }));
  },
);
