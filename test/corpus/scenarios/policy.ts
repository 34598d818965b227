import { DONE, type Scenario } from "../scenario.ts";

const YES = { verdict: "done", exit: 0 } as const;
const VIOLATION = { verdict: "violation", exit: 5 } as const;
const APP_SERVER = { engines: ["app-server"] } as const;
const EXEC = { engines: ["exec"] } as const;
const FILES = { "src/a/file.txt": "in scope\n", "src/b/other.txt": "neighbour\n", "README.md": "# a project\n" };
const WORLD = { lab: { files: FILES } };

/** What a run may not do: what the kernel refused is got over, what the audit finds is a violation. */
export const POLICY: readonly Scenario[] = [
  {
    name: "write-refused-by-the-kernel",
    script: [{ run: "echo x > src/b/other.txt" }, { run: "echo x > src/a/file.txt" }, { say: DONE }],
    ...WORLD,
    args: ["--scope", "src/a"],
    ...YES,
    why: "the kernel refused it, nothing is changed that may not be",
  },
  {
    name: "write-refused-and-it-gives-up",
    script: [{ run: "echo x > src/b/other.txt" }, { say: "I may not write src/b.\n\nStatus: blocked" }],
    ...WORLD,
    args: ["--scope", "src/a"],
    ...EXEC,
    verdict: "blocked",
    exit: 4,
    why: "it needs more power, which only the caller can give",
  },
  {
    name: "beside-the-file-in-scope",
    script: [{ run: "echo x > src/a/second.txt" }, { say: DONE }],
    ...WORLD,
    args: ["--scope", "src/a/file.txt"],
    ...VIOLATION,
    why: "only that one file was in scope; the audit sees the other",
  },
  {
    name: "outside-a-glob",
    script: [{ run: "echo x > src/a/file.md; echo y > src/a/file.txt" }, { say: DONE }],
    ...WORLD,
    args: ["--scope", "src/a/*.txt"],
    ...APP_SERVER,
    ...VIOLATION,
    why: "the glob names .txt alone",
  },
  {
    name: "violation-that-is-told",
    script: [
      { run: "rm src/a/file.txt; echo x > src/a/new.txt" },
      { say: "I moved it, against the scope.\n\nStatus: partial" },
    ],
    ...WORLD,
    args: ["--scope", "src/a/file.txt"],
    ...EXEC,
    ...VIOLATION,
    why: "that it says so changes nothing",
  },
  {
    name: "violation-with-green-checks",
    script: [{ run: "echo x > src/a/second.txt" }, { say: DONE }],
    ...WORLD,
    args: ["--scope", "src/a/file.txt", "--verify", "true"],
    ...APP_SERVER,
    ...VIOLATION,
    why: "green checks excuse nothing",
  },
  {
    name: "violation-and-a-cut",
    script: [{ run: "echo x > src/a/second.txt" }, { cut: "created" }],
    lab: { files: FILES, provider: "request_max_retries = 0\nstream_max_retries = 0" },
    args: ["--scope", "src/a/file.txt"],
    ...EXEC,
    ...VIOLATION,
    why: "a violation stands above a failed turn",
  },
  {
    name: "violation-and-a-usage-limit",
    script: [
      { run: "echo x > src/a/second.txt" },
      { status: 429, body: { error: { type: "usage_limit_reached", message: "limit" } } },
    ],
    ...WORLD,
    args: ["--scope", "src/a/file.txt"],
    ...APP_SERVER,
    verdict: "fatal",
    exit: 3,
    why: "that nothing works now stands above it (DESIGN.md 5.3)",
  },
  {
    name: "reader-tries-to-write",
    script: [{ run: "echo x > README.md" }, { say: "It is read-only here; the file says: a project.\n\nStatus: done" }],
    ...WORLD,
    args: ["--read-only"],
    ...YES,
    why: "the kernel refused, and the question was answered",
  },
  {
    name: "git-is-read-only",
    script: [
      { run: "echo x > README.md; git commit -qam x" },
      { say: "Changed it; I could not commit it.\n\nStatus: done" },
    ],
    ...WORLD,
    ...EXEC,
    ...YES,
    why: "commits are not Codex's to make",
  },
  {
    name: "network-refused",
    script: [
      { run: "(exec 3<>/dev/tcp/127.0.0.1/9) 2>&1" },
      { say: "The network is off, so I used the file.\n\nStatus: done" },
    ],
    ...APP_SERVER,
    ...YES,
    why: "the kernel refused, and it got over it",
  },
  {
    name: "secret-refused",
    script: [{ run: "cat .env" }, { say: DONE }],
    lab: { files: { ".env": "A=1\n", "README.md": "x\n" } },
    ...YES,
    why: "the kernel refused to read it, and it went on",
  },
];
