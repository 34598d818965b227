import { DONE, type Scenario } from "../scenario.ts";

const YES = { verdict: "done", exit: 0 } as const;
const APP_SERVER = { engines: ["app-server"] } as const;
const EXEC = { engines: ["exec"] } as const;
const TEST = { "test.sh": "test -f fixed || { echo 'FAIL: 1 failed, 0 passed' >&2; exit 1; }\necho '1 passed'\n" };

/** What commands print and how they exit: the noise of work, which is no end of a run. */
export const COMMANDS: readonly Scenario[] = [
  {
    name: "stderr-noise",
    script: [{ run: "echo 'ERROR: deprecated option' >&2; echo 'warning: failed to load plugin' >&2" }, { say: DONE }],
    ...YES,
    why: "a command that exits 0 may print what it likes",
  },
  {
    name: "grep-finds-nothing",
    script: [{ run: "grep -r nowhere-to-be-found ." }, { say: "No use of it is left.\n\nStatus: done" }],
    ...YES,
    why: "exit 1 of grep is an answer",
  },
  {
    name: "diff-finds-a-difference",
    script: [{ run: "diff README.md /dev/null" }, { say: DONE }],
    ...APP_SERVER,
    ...YES,
    why: "exit 1 of diff is an answer",
  },
  {
    name: "probe-of-a-missing-file",
    script: [{ run: "cat missing.txt" }, { run: "echo made > missing.txt" }, { say: DONE }],
    ...EXEC,
    ...YES,
    why: "it looked, and then made the file",
  },
  {
    name: "command-not-found-got-over",
    script: [{ run: "rg --version-of-nothing" }, { run: "grep -c project README.md" }, { say: DONE }],
    ...YES,
    why: "one tool was not there, another did it",
  },
  {
    name: "tests-fail-then-fixed",
    script: [
      { run: "sh test.sh" },
      { run: "touch fixed" },
      { run: "sh test.sh" },
      { say: "Fixed; the test passes.\n\nStatus: done" },
    ],
    lab: { files: TEST },
    ...YES,
    why: "red first and green at the end is how work goes",
  },
  {
    name: "tests-fail-and-claimed-done",
    script: [{ run: "sh test.sh" }, { say: "All tests pass.\n\nStatus: done" }],
    lab: { files: TEST },
    ...YES,
    why: "no check of ours was asked for: done, unproven, and the receipt warns",
  },
  {
    name: "tests-fail-and-told",
    script: [{ run: "sh test.sh" }, { say: "One test is still failing.\n\nStatus: partial" }],
    lab: { files: TEST },
    ...APP_SERVER,
    verdict: "failed",
    exit: 1,
    why: "it says itself that work is left",
  },
  {
    name: "profile-prints-errors",
    script: [{ run: "echo fine >&2" }, { say: DONE }],
    profile:
      "nvm use 20\necho 'ERROR: failed to load profile' >&2\necho 'Traceback (most recent call last):' >&2\nfalse\n",
    ...YES,
    why: "a shell that grumbles at its start is nobody's failure",
  },
  {
    name: "profile-fails-in-every-command",
    script: [
      {
        run: "printf 'echo \"profile: error: nvm not found\" >&2; false\\n' > profile.sh; . ./profile.sh; echo after >&2",
      },
      { run: ". ./profile.sh; sh -c 'echo \"fatal: bad default revision\" >&2'; echo still here >&2" },
      { say: DONE },
    ],
    ...YES,
    why: "a shell that grumbles at its start is nobody's failure",
  },
  {
    name: "killed-by-a-signal",
    script: [{ run: "kill -9 $$" }, { say: "The tool was killed, the change is made.\n\nStatus: done" }],
    ...YES,
    why: "one command died; the turn completed",
  },
  {
    name: "segfault",
    script: [{ run: "kill -SEGV $$" }, { run: "echo ok" }, { say: DONE }],
    ...EXEC,
    ...YES,
    why: "a crash that was got over",
  },
  {
    name: "own-timeout-of-a-command",
    script: [{ run: "timeout 0.2 sleep 5" }, { say: "It takes too long, so I cut the input.\n\nStatus: done" }],
    ...APP_SERVER,
    ...YES,
    why: "exit 124 of a command is not the run's limit",
  },
  {
    name: "ten-commands-one-failed",
    script: [
      ...Array.from({ length: 4 }, (_, at) => ({ run: `echo ${at}` })),
      { run: "false" },
      { run: "echo last" },
      { say: DONE },
    ],
    ...APP_SERVER,
    ...YES,
    why: "one of many failed and was got over",
  },
  {
    name: "every-command-failed",
    script: [{ run: "false" }, { run: "exit 2" }, { run: "exit 3" }, { say: DONE }],
    ...YES,
    why: "no check of ours was asked for: done, unproven, and the receipt warns",
  },
  {
    name: "unknown-tool-called",
    script: [{ call: "no_such_tool", args: {} }, { say: DONE }],
    ...YES,
    why: "Codex told the model that there is no such tool, and it went on",
  },
  {
    name: "patch-rejected-then-made",
    script: [
      { patch: "*** Begin Patch\n*** Update File: nowhere.txt\n@@\n-a\n+b\n*** End Patch" },
      { run: "echo b > nowhere.txt" },
      { say: DONE },
    ],
    ...YES,
    why: "a patch that does not fit is told to the model, which found another way",
  },
  {
    name: "binary-output",
    script: [{ run: "head -c 300 /dev/zero | tr '\\0' '\\377'; echo" }, { say: DONE }],
    ...EXEC,
    ...YES,
    why: "bytes are bytes",
  },
  {
    name: "much-output",
    script: [{ run: 'for i in $(seq 3000); do echo "error $i: failed"; done' }, { say: DONE }],
    ...APP_SERVER,
    ...YES,
    why: "three thousand lines with the word error, of a command that exits 0",
  },
  {
    name: "an-old-log-speaks-of-the-sandbox",
    script: [{ run: "cat build.log; false" }, { run: "echo ok" }, { say: DONE }],
    lab: {
      files: {
        "build.log":
          "step 1 of 2\nbwrap: No permissions to create new namespace, likely because the kernel does not allow it\nstep 2 of 2\n",
      },
    },
    ...YES,
    why: "the log is last week's: the sandbox of this run works",
  },
  {
    name: "prints-codex-words",
    script: [
      { run: "echo 'stream disconnected before completion: 401 Unauthorized'; echo 'tokens used'; echo 'bwrap: no'" },
      { say: DONE },
    ],
    ...YES,
    why: "a command may print any words",
  },
];
