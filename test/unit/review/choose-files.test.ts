import { expect, test } from "vitest";
import { chooseFiles } from "../../../src/review/choose-files.ts";
import type { Change } from "../../../src/review/list-changes.ts";

const change = (file: string, more: Partial<Change> = {}): Change => ({
  file,
  bytes: 10,
  kind: "modified",
  binary: false,
  submodule: false,
  ranges: [[1, 1]],
  ...more,
});
const RULES = { secrets: ["**/.env*", "**/*.pem", "private"], paths: [], shardBytes: 1_000 };

test.each([
  ["src/a.ts", {}, undefined],
  [".env", {}, /secrets/],
  ["deep/in/.env.local", {}, /secrets/],
  ["private/notes.txt", {}, /secrets/],
  ["vendor/lib/x.go", {}, /vendored/],
  ["a/node_modules/b/index.js", {}, /vendored/],
  ["src/vendors.ts", {}, undefined],
  ["package-lock.json", {}, /lock file/],
  ["crates/x/Cargo.lock", {}, /lock file/],
  ["src/lock.ts", {}, undefined],
  ["web/app.min.js", {}, /generated/],
  ["api/x.pb.go", {}, /generated/],
  ["api/x_pb2.py", {}, /generated/],
  ["logo.png", { binary: true }, /binary/],
  ["big.ts", { bytes: 1_001 }, /larger/],
  ["lib", { submodule: true }, /repository of its own/],
  ["na\uFFFDme", {}, /UTF-8/],
])("%s is looked at or left out, with the reason", (file, more, why) => {
  const { chosen, omitted } = chooseFiles([change(file, more)], RULES);
  expect(chosen.map((one) => one.file)).toEqual(why === undefined ? [file] : []);
  if (why) expect(omitted[0]?.why).toMatch(why);
});

test.each([
  ["package-lock.json", {}, true],
  ["vendor/x.go", {}, true],
  ["a.png", { binary: true }, true],
  ["big.ts", { bytes: 5_000 }, true],
  [".env", {}, false],
  ["lib", { submodule: true }, false],
])("--path brings %s back where it can be read", (file, more, isChosen) => {
  const { chosen, omitted } = chooseFiles([change(file, more), change("other.ts")], { ...RULES, paths: [file] });
  expect(chosen.map((one) => one.file)).toEqual(isChosen ? [file] : []);
  expect(omitted.length).toBe(isChosen ? 0 : 1);
});

test("--path names files and directories, and no beginnings of names", () => {
  const changes = ["src/a.ts", "src/b/c.ts", "srcs/d.ts"].map((file) => change(file));
  const chosen = (...paths: string[]) => chooseFiles(changes, { ...RULES, paths }).chosen.map(({ file }) => file);
  expect(chosen("src")).toEqual(["src/a.ts", "src/b/c.ts"]);
  expect(chosen("src/b", "srcs/d.ts")).toEqual(["src/b/c.ts", "srcs/d.ts"]);
  expect(chosen("")).toHaveLength(3);
});
