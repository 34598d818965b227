import { DONE, NO_RETRIES, type Scenario } from "../scenario.ts";

const YES = { verdict: "done", exit: 0 } as const;
const UNVERIFIED = { verdict: "unverified", exit: 6 } as const;
const APP_SERVER = { engines: ["app-server"] } as const;
const EXEC = { engines: ["exec"] } as const;
const FILES = { "a.txt": "one\n", "test.sh": "grep -q two a.txt\n" };
const CHECKED = ["--auto-review", "--verify", "sh test.sh"];

/** Runs that are given a second turn: the last one counts. A script for each turn. */
export const REVIEW: readonly Scenario[] = [
  {
    name: "review-mends",
    script: [
      [{ say: "All tests pass.\n\nStatus: done" }],
      [{ run: "echo two > a.txt" }, { say: "Now it is.\n\nStatus: done" }],
    ],
    lab: { files: FILES },
    args: CHECKED,
    ...YES,
    why: "the second turn made the check green",
  },
  {
    name: "review-in-vain",
    script: [[{ say: DONE }], [{ say: "I see nothing wrong.\n\nStatus: done" }]],
    lab: { files: FILES },
    args: CHECKED,
    ...UNVERIFIED,
    why: "the check is red after both turns",
  },
  {
    name: "review-not-needed",
    script: [[{ run: "echo two > a.txt" }, { say: DONE }], [{ say: "Never asked.\n\nStatus: blocked" }]],
    lab: { files: FILES },
    args: CHECKED,
    ...APP_SERVER,
    ...YES,
    why: "the first turn was good, and there is no other",
  },
  {
    name: "review-finishes-partial-work",
    script: [[{ say: "Half.\n\nStatus: partial" }], [{ say: "And the rest.\n\nStatus: done" }]],
    args: ["--auto-review"],
    ...EXEC,
    ...YES,
    why: "the second turn did what was left",
  },
  {
    name: "review-hits-the-usage-limit",
    script: [[{ say: DONE }], [{ status: 429, body: { error: { type: "usage_limit_reached", message: "limit" } } }]],
    lab: { files: FILES },
    args: CHECKED,
    ...APP_SERVER,
    verdict: "fatal",
    exit: 3,
    why: "the second turn could not be had: nothing works now",
  },
  {
    name: "no-review-of-a-violation",
    script: [[{ run: "echo x > b.txt" }, { say: DONE }], [{ say: DONE }]],
    lab: { files: FILES },
    args: [...CHECKED, "--scope", "a.txt"],
    ...EXEC,
    verdict: "violation",
    exit: 5,
    why: "what may not be changed is the user's matter, not a second turn's",
  },
  {
    name: "no-review-of-a-login",
    script: [[{ status: 401 }], [{ say: DONE }]],
    lab: { provider: NO_RETRIES },
    args: ["--auto-review"],
    ...APP_SERVER,
    verdict: "fatal",
    exit: 3,
    why: "a second turn could not log in either",
  },
];
