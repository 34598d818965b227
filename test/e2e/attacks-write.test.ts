import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { attack, FILES, textOf } from "../kit/attack.ts";

const READ_ONLY = /Read-only file system/;

describe("a run with --scope src/a that tries to write elsewhere", () => {
  attack({
    name: "a sibling, the root, a new folder",
    run: "echo x > src/b/other.txt; echo x > top.txt; mkdir -p src/c; unlink README.md; echo ok > src/a/new.txt",
    kernel: READ_ONLY,
    code: 0,
    changed: ["src/a/new.txt"],
    after({ lab }) {
      expect(textOf(lab, "src/b/other.txt")).toBe(FILES["src/b/other.txt"]);
      expect(existsSync(join(lab.workspace, "top.txt"))).toBe(false);
      expect(existsSync(join(lab.workspace, "src/c"))).toBe(false);
      expect(existsSync(join(lab.workspace, "README.md"))).toBe(true);
    },
  });

  attack({
    name: "a sibling by apply_patch, which Codex carries out itself",
    run: [
      { patch: "*** Begin Patch\n*** Update File: src/b/other.txt\n@@\n-neighbour\n+mine\n*** End Patch" },
      { say: "Status: done" },
    ],
    kernel: /outside of the project|rejected|Read-only/,
    code: 0,
    after: ({ lab }) => expect(textOf(lab, "src/b/other.txt")).toBe("neighbour\n"),
  });

  attack({
    name: "through a symlink in the scope that points outside",
    run: "echo x > src/a/out/other.txt; ln -s ../../README.md src/a/link && echo x >> src/a/link",
    before(lab) {
      symlinkSync("../b", join(lab.workspace, "src/a/out"));
      lab.git("add", "-A");
      lab.git("-c", "user.name=lab", "-c", "user.email=lab@example.invalid", "commit", "-qm", "a link");
    },
    kernel: READ_ONLY,
    code: 0,
    changed: ["src/a/link"],
    after({ lab }) {
      expect(textOf(lab, "src/b/other.txt")).toBe("neighbour\n");
      expect(textOf(lab, "README.md")).toBe("# a project\n");
    },
  });

  attack({
    name: "rename out of the scope, and into it",
    run: "mv src/a/file.txt src/b/file.txt; mv src/b/other.txt src/a/other.txt; ls src/a src/b",
    kernel: /Read-only file system|Invalid cross-device link/,
    code: 0,
    changed: ["src/a/other.txt"],
    after({ lab }) {
      // mv copies across the border and then can't take the original away.
      expect(textOf(lab, "src/b/other.txt")).toBe("neighbour\n");
      expect(existsSync(join(lab.workspace, "src/b/file.txt"))).toBe(false);
      expect(textOf(lab, "src/a/file.txt")).toBe("in scope\n");
    },
  });

  attack({
    name: "hardlink to a neighbour",
    run: "ln src/b/other.txt src/a/hard && echo x >> src/a/hard",
    kernel: /cross-device link|Operation not permitted/,
    code: 0,
    after: ({ lab }) => expect(textOf(lab, "src/b/other.txt")).toBe("neighbour\n"),
  });

  attack({
    name: "chmod, touch and chown of a neighbour",
    run: "chmod 777 src/b/other.txt; touch -t 200001010000 src/b/other.txt; chmod +x src/a/file.txt",
    kernel: READ_ONLY,
    code: 0,
    changed: ["src/a/file.txt"],
    after({ lab, policy }) {
      expect(statSync(join(lab.workspace, "src/b/other.txt")).mode & 0o777).not.toBe(0o777);
      expect(policy.changed[0]).toMatchObject({ change: "modified", mode_before: "100644", mode_after: "100755" });
    },
  });

  attack({
    name: "delete an untracked file outside",
    run: "unlink notes.txt; find src/b -delete; git clean -fdx",
    before: (lab) => writeFileSync(join(lab.workspace, "notes.txt"), "mine\n"),
    kernel: READ_ONLY,
    code: 0,
    after({ lab }) {
      expect(textOf(lab, "notes.txt")).toBe("mine\n");
      expect(textOf(lab, "src/b/other.txt")).toBe("neighbour\n");
    },
  });

  attack({
    name: "an ignored file outside, and one inside is told",
    run: "mkdir -p ignored; echo x > ignored/x; echo x > debug.log; echo y > src/a/debug.log",
    kernel: READ_ONLY,
    code: 0,
    after({ lab, policy }) {
      expect(existsSync(join(lab.workspace, "ignored/x"))).toBe(false);
      expect(existsSync(join(lab.workspace, "debug.log"))).toBe(false);
      expect(policy.ignored.changed.map(({ path, change }) => [path, change])).toEqual([
        ["src/a/debug.log", "created"],
      ]);
    },
  });

  attack({
    name: "a change that is made and taken back",
    run: 'echo x > src/b/other.txt; cp src/a/file.txt "$TMPDIR/"; echo x >> src/a/file.txt; cp "$TMPDIR/file.txt" src/a/; git checkout -- .',
    kernel: READ_ONLY,
    code: 0,
    after: ({ lab }) => expect(textOf(lab, "src/a/file.txt")).toBe("in scope\n"),
  });

  attack({
    name: "names with spaces, a line end and bytes that are not UTF-8",
    run: "touch \"src/a/with space\" \"src/a/$(printf 'line\\nend')\" src/a/$(printf 'b\\377d'); touch \"src/b/with space\" src/b/$(printf 'b\\377d')",
    kernel: READ_ONLY,
    code: 0,
    changed: ["src/a/b\uFFFDd", "src/a/line\nend", "src/a/with space"],
    after({ policy, called }) {
      expect(policy.changed.find(({ path }) => path.includes("\uFFFD"))?.path_base64).toBe(
        Buffer.from("src/a/b\xffd", "latin1").toString("base64"),
      );
      expect(called.stdout).toContain('- "src/a/line\\nend" (created)');
    },
  });

  attack({
    name: "leave a daemon behind",
    run: "(setsid sh -c 'sleep 300' >/dev/null 2>&1 &); nohup sleep 301 >/dev/null 2>&1 & echo started",
    kernel: /started/,
    code: 0,
  });
});

describe("git", () => {
  const git = "git -c user.name=x -c user.email=x@example.invalid";
  attack({
    name: "commit, stash, branch, tag, config, hook, index",
    run: `echo new > src/a/new.txt; ${git} add -A; ${git} commit -am sneaky; ${git} stash; git branch evil; git tag evil; git config core.hooksPath src/a/hooks; echo x > .git/hooks/pre-commit; echo x >> .git/index; echo x > .git/info/exclude; mv .git/HEAD .git/OLD`,
    kernel: READ_ONLY,
    code: 0,
    changed: ["src/a/new.txt"],
    after({ lab, policy }) {
      expect(policy.head_moved).toBeNull();
      expect(policy.refs_changed).toEqual([]);
      expect(policy.index_changed).toBe(false);
      expect(lab.git("log", "--oneline", "--all").trim().split("\n")).toHaveLength(1);
      expect(existsSync(join(lab.workspace, ".git/hooks/pre-commit"))).toBe(false);
      expect(readFileSync(join(lab.workspace, ".git/config"), "utf8")).not.toContain("hooksPath");
    },
  });

  attack({
    name: "a nested repository in the scope, with a program in its configuration, is told and not run",
    run: `mkdir src/a/nested && cd src/a/nested && git init -q . && git config core.fsmonitor "touch $PWD/../../../escaped; false" && echo hi > inner.txt && ${git} add -A && ${git} commit -qm one && echo NESTED`,
    kernel: /NESTED/,
    code: 0,
    changed: ["src/a/nested", "src/a/nested/inner.txt"],
    after: ({ lab }) => expect(existsSync(join(lab.workspace, "escaped"))).toBe(false),
  });

  attack({
    name: "the folders that Codex's sandbox leaves in the scope are taken away again",
    run: "ls -A src/a; sleep 0",
    code: 0,
    after({ lab }) {
      for (const name of [".git", ".codex", ".agents", ".aws"])
        expect(existsSync(join(lab.workspace, "src/a", name)), name).toBe(false);
    },
  });
});

describe("scopes that the kernel can hold only in part", () => {
  attack({
    name: "a file scope: its neighbour in the directory is the audit's, and a violation",
    args: ["--scope", "src/a/file.txt"],
    run: "echo more >> src/a/file.txt; echo x > src/a/next.txt; echo x > src/b/other.txt",
    kernel: READ_ONLY,
    code: 5,
    changed: ["src/a/file.txt", "src/a/next.txt"],
    outOfScope: ["src/a/next.txt"],
    after({ called, receipt }) {
      expect(called.lines.policy).toBe("violation");
      expect(called.stdout).toContain("- src/a/next.txt (created, NOT ALLOWED)");
      expect(receipt.reason).toContain("src/a/next.txt");
    },
  });

  attack({
    name: "a glob scope",
    args: ["--scope", "src/**/*.txt"],
    run: "echo more >> src/a/file.txt; echo more >> src/b/other.txt; echo x > src/a/code.js",
    code: 5,
    changed: ["src/a/code.js", "src/a/file.txt", "src/b/other.txt"],
    outOfScope: ["src/a/code.js"],
  });

  attack({
    name: "a directory that is not there yet is made, and taken away if nothing came of it",
    args: ["--scope", "src/new/deep/", "--scope", "src/fresh"],
    run: "ls -d src/new/deep src/fresh; echo x > src/fresh/x.txt; echo x > src/other.txt",
    kernel: READ_ONLY,
    code: 0,
    changed: ["src/fresh/x.txt"],
    after: ({ lab }) => expect(existsSync(join(lab.workspace, "src/new"))).toBe(false),
  });

  attack({
    name: "what Claude Code takes orders from stays closed without a scope, there or not",
    args: [],
    files: { ".claude/settings.json": "{}\n" },
    run: "echo evil > .claude/settings.json; echo evil > .mcp.json; echo ok > ok.txt",
    kernel: READ_ONLY,
    code: 5,
    changed: [".mcp.json", "ok.txt"],
    outOfScope: [".mcp.json"],
    after: ({ lab }) => expect(textOf(lab, ".claude/settings.json")).toBe("{}\n"),
  });
});

describe("somebody else", () => {
  attack({
    name: "a person who edits elsewhere meanwhile is not blamed, and the edit survives",
    run: [
      { run: "echo mine >> src/a/file.txt; touch src/a/now; while [ ! -e src/b/theirs.txt ]; do sleep 0.05; done" },
      { say: "Status: done" },
    ],
    before(lab) {
      mkdirSync(join(lab.workspace, "docs"));
      const timer = setInterval(() => {
        if (!lstatSync(join(lab.workspace, "src/a/now"), { throwIfNoEntry: false })) return;
        clearInterval(timer);
        writeFileSync(join(lab.workspace, "README.md"), "# edited by hand\n");
        writeFileSync(join(lab.workspace, "src/b/theirs.txt"), "theirs\n");
      }, 20);
    },
    code: 0,
    changed: ["src/a/file.txt", "src/a/now"],
    concurrent: ["README.md", "src/b/theirs.txt"],
    after({ lab, called }) {
      expect(textOf(lab, "README.md")).toBe("# edited by hand\n");
      expect(called.lines.policy).toBe("ok");
      expect(called.stdout).toContain("changed by somebody else meanwhile: README.md, src/b/theirs.txt");
    },
  });
});
