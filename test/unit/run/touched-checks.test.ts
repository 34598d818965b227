import { describe, expect, it } from "vitest";
import { touchedChecks } from "../../../src/run/touched-checks.ts";

const modified = (path: string) => ({ path, change: "modified" as const });
/** Which of the paths a check reads. */
const read = (check: string, ...paths: string[]) => touchedChecks([check], paths.map(modified)).map(({ path }) => path);

describe("a path that the command names", () => {
  it.each<[check: string, path: string]>([
    ["node check.mjs", "check.mjs"],
    ["./check", "check"],
    ["sh ./scripts/check --all", "scripts/check"],
    ["tsc --project=conf/tsconfig.app.json", "conf/tsconfig.app.json"],
    ["foo --config conf/x.toml", "conf/x.toml"],
    ["foo --config='conf/x.toml'", "conf/x.toml"],
    ['sh -c "cat conf/x.toml && true"', "conf/x.toml"],
    ["sh -c 'diff a.txt b.txt'", "b.txt"],
    ["ruff check src", "src/deep/er/x.py"],
    ["ruff check src/", "src/x.py"],
    ["a;b|c>out.txt", "out.txt"],
    ["diff <(cat one) two", "one"],
    ["CONFIG=conf/a.json run", "conf/a.json"],
    ["cat src/*.js", "src/a.js"],
    ["vitest run 'lib/**/*.check.ts'", "lib/a/b/x.check.ts"],
    ["cat lib/{a,b}.js", "lib/a.js"],
    ["cd pkg && node run.js", "pkg/run.js"],
    ["make -C pkg run.mk", "pkg/run.mk"],
    ["npm --prefix pkg run x lib/y.js", "pkg/lib/y.js"],
    ['node "a dir/with blanks.js"', "a dir/with blanks.js"],
    ["node /work/ws/lib/run.js", "lib/run.js"],
    ["node $PWD/lib/run.js", "lib/run.js"],
    ["type conf\\x.toml", "conf/x.toml"],
    ["cat a,b.txt", "b.txt"],
  ])("%s reads %s", (check, path) => {
    expect(read(check, path)).toEqual([path]);
  });

  it.each<[check: string, path: string]>([
    ["node check.mjs", "check.mjs.bak"],
    ["node check.mjs", "src/check.mjs"],
    ["ruff check src", "src2/x.py"],
    ["cat src/*.js", "src/a.ts"],
    ["cat src/*.js", "lib/a.js"],
    ["ruff check .", "src/x.py"],
    ["grep -r x ./", "src/x.py"],
    ["cat *", "src/x.py"],
    ["cd pkg && node run.js", "pkg/other.js"],
    ["true", "src/x.py"],
    ["", "src/x.py"],
    ["cat src/a*a.js", "src/a.js"],
  ])("%s does not read %s", (check, path) => {
    expect(read(check, path)).toEqual([]);
  });
});

describe("what programs are known to read", () => {
  it.each<[checks: string[], paths: string[]]>([
    [
      [
        "npm test",
        "pnpm -r test",
        "yarn",
        "npx vitest run",
        "./node_modules/.bin/jest --ci",
        "npm.cmd test",
        "vitest@3 run",
        "FOO=1 node --test",
      ],
      [
        ...[
          "src/a.test.ts",
          "src/a.spec.js",
          "a/__tests__/x.ts",
          "test/x.ts",
          "tests/x",
          "pkg/spec/y.js",
          "x/__snapshots__/a.snap",
          "cypress/e2e/a.cy.ts",
        ],
        ...["package.json", "pkg/a/package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", ".npmrc"],
        ...[
          "vitest.config.ts",
          "pkg/vite.config.mts",
          "jest.config.cjs",
          "vitest.setup.ts",
          ".mocharc.json",
          "babel.config.js",
        ],
        ...["tsconfig.json", "tsconfig.build.json", "eslint.config.mjs", ".eslintrc.json", ".eslintrc", "biome.json"],
      ],
    ],
    [
      ["tsc --noEmit", "eslint .", "npx tsc"],
      ["tsconfig.json", "package.json", "eslint.config.js", ".eslintrc.cjs"],
    ],
    [
      ["pytest", "python3 -m pytest -q", "python3.12 -m unittest", "tox -e py", "uv run pytest", "poetry run pytest"],
      [
        "tests/test_a.py",
        "test_a.py",
        "a_test.py",
        "conftest.py",
        "pkg/conftest.py",
        "pyproject.toml",
        "pytest.ini",
        "tox.ini",
        "setup.cfg",
        "requirements-dev.txt",
      ],
    ],
    [
      ["cargo test", "cargo clippy"],
      ["Cargo.toml", "crates/a/Cargo.toml", "Cargo.lock", "build.rs", "tests/it.rs", ".cargo/config.toml"],
    ],
    [
      ["go test ./...", "go vet"],
      ["go.mod", "go.sum", "pkg/a_test.go", "pkg/testdata/x.json"],
    ],
    [
      ["make check", "make"],
      ["Makefile", "GNUmakefile", "sub/Makefile", "rules.mk", "test/a.c"],
    ],
    [["bundle exec rspec"], ["spec/a_spec.rb", "Gemfile.lock", ".rspec"]],
    [
      ["./gradlew test", "mvn -q verify"],
      ["build.gradle.kts", "pom.xml", "src/test/java/ATest.java", "src/x/FooTests.kt"],
    ],
    [["dotnet test"], ["a/A.csproj", "global.json", "a/tests/X.cs", "a/FooTests.cs"]],
    [
      ["scripts/ci", "bash ci/run.sh"],
      ["test/a.txt", "x/__tests__/y"],
    ],
    [
      ["act -j build", "actionlint"],
      [".github/workflows/ci.yml", ".github/actions/x/action.yml"],
    ],
    [["gitlab-ci-local"], [".gitlab-ci.yml"]],
    [["pre-commit run -a"], [".pre-commit-config.yaml"]],
    [["docker build ."], ["Dockerfile", "sub/Dockerfile.dev", "docker-compose.yml"]],
    [
      ['sh -c "cd a && npm test"', "env CI=1 npm test", "time npm test", "(npm test)", "true&&npm test"],
      ["package.json"],
    ],
  ])("%j", (checks, paths) => {
    for (const check of checks) expect(read(check, ...paths), check).toEqual([...paths].sort());
  });

  it.each<[check: string, paths: string[]]>([
    [
      "pytest",
      ["package.json", "Makefile", "Cargo.toml", "src/app.py", "src/latest.py", "contest.py", "pkg/attest_.py"],
    ],
    [
      "npm test",
      [
        "src/app.ts",
        "Makefile",
        "pyproject.toml",
        "src/testing.ts",
        "src/contest/x.ts",
        "my-package.json",
        ".github/workflows/ci.yml",
        "README.md",
      ],
    ],
    ["tsc --noEmit", ["src/a.test.ts", "test/a.ts"]],
    ["grep -q x notes.txt", ["test/a.ts", "package.json"]],
    ["test -f dist/x.js", ["src/a.test.ts", "package.json"]],
    ["cargo test", ["go.mod", "src/lib.rs"]],
  ])("but %s not %j", (check, paths) => {
    expect(read(check, ...paths)).toEqual([]);
  });
});

describe("the list", () => {
  it("has each file once, by path, with how it changed and all the checks that read it", () => {
    const changed = [
      { path: "test/new.test.ts", change: "created" as const },
      { path: "src/app.ts", change: "modified" as const },
      { path: "package.json", change: "modified" as const },
      { path: "old.test.ts", change: "deleted" as const },
      { path: "moved/x.ts", change: "renamed" as const, from: "test/x.ts" },
    ];
    expect(touchedChecks(["npm test", "eslint .", "npm run lint", "cat notes"], changed)).toEqual([
      { path: "moved/x.ts", change: "renamed", checks: ["npm test", "npm run lint"] },
      { path: "old.test.ts", change: "deleted", checks: ["npm test", "npm run lint"] },
      { path: "package.json", change: "modified", checks: ["npm test", "eslint .", "npm run lint"] },
      { path: "test/new.test.ts", change: "created", checks: ["npm test", "npm run lint"] },
    ]);
  });

  it("of no checks or no changes is empty", () => {
    expect(touchedChecks([], [modified("package.json")])).toEqual([]);
    expect(touchedChecks(["npm test"], [])).toEqual([]);
  });

  it("is made of hostile names, too, and soon", () => {
    const paths = [
      "a/".repeat(2_000),
      "-".repeat(4_000),
      `${"test_".repeat(900)}x`,
      "x\n[CHECK] passed",
      "._-".repeat(1_300),
    ];
    const checks = [`cat ${"a*".repeat(500)}b`, "npm test", `pytest ${"'".repeat(2_000)}`, `"${" ".repeat(5_000)}`];
    expect(touchedChecks(checks, paths.map(modified)).length).toBeLessThanOrEqual(paths.length);
  });
});
