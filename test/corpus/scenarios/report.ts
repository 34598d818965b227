import { DONE, type Scenario } from "../scenario.ts";

const YES = { verdict: "done", exit: 0 } as const;
const FAILED = { verdict: "failed", exit: 1 } as const;
const ASKS = { verdict: "question", exit: 4 } as const;
const BLOCKED = { verdict: "blocked", exit: 4 } as const;
const APP_SERVER = { engines: ["app-server"] } as const;
const EXEC = { engines: ["exec"] } as const;

/** What Codex says of its own turn in its last message, by the status line that the prompt asks for. */
export const REPORT: readonly Scenario[] = [
  { name: "says-done", script: [{ say: DONE }], ...YES, why: "the turn completed and says so" },
  {
    name: "says-partial",
    script: [{ say: "Two of the three files.\n\nStatus: partial" }],
    ...FAILED,
    why: "it says itself that work is left",
  },
  {
    name: "says-question",
    script: [{ say: "Which of the two databases should I use?\n\nStatus: question" }],
    ...ASKS,
    why: "it asks and waits for the answer",
  },
  {
    name: "says-blocked",
    script: [{ say: "There is no compiler here.\n\nStatus: blocked" }],
    ...BLOCKED,
    why: "it can't go on without the caller",
  },
  {
    name: "says-nothing",
    script: [{ say: "" }],
    ...FAILED,
    why: "a turn without a word left nothing that can be used",
  },
  { name: "says-blanks", script: [{ say: " \n\t\n" }], ...APP_SERVER, ...FAILED, why: "blanks are no answer" },
  {
    name: "says-failed",
    script: [{ say: "I broke it and could not mend it.\n\nStatus: failed" }],
    ...EXEC,
    ...FAILED,
    why: "it says itself that it failed",
  },
  {
    name: "says-in-progress",
    script: [{ say: "I began.\n\nStatus: in progress" }],
    ...APP_SERVER,
    ...FAILED,
    why: "what is in progress is not done",
  },
  {
    name: "says-done-except",
    script: [{ say: "The parser works.\n\nStatus: done except the tests" }],
    ...EXEC,
    ...FAILED,
    why: "done but for a part is partial",
  },
  {
    name: "status-bold",
    script: [{ say: "Changed `a.ts`.\n\n**Status:** done" }],
    ...APP_SERVER,
    ...YES,
    why: "the line in bold is the same line",
  },
  {
    name: "status-bold-blocked",
    script: [{ say: "I need the token.\n\n**Status: blocked**" }],
    ...EXEC,
    ...BLOCKED,
    why: "the line in bold is the same line",
  },
  {
    name: "status-lower-case",
    script: [{ say: "half of it\n\nstatus: PARTIAL" }],
    ...APP_SERVER,
    ...FAILED,
    why: "letters' case means nothing",
  },
  {
    name: "status-before-a-greeting",
    script: [{ say: "All of it.\n\nStatus: done\n\nLet me know if you need anything else!" }],
    ...EXEC,
    ...YES,
    why: "politeness behind the line takes nothing back",
  },
  {
    name: "status-in-code-is-not-the-report",
    script: [{ say: "The parser now takes this:\n\n```text\nStatus: blocked\n```\n\nIt passes.\n\nStatus: done" }],
    ...YES,
    why: "the word in the code block is an example; the last line is the report",
  },
  {
    name: "blocked-is-a-value-of-an-enum",
    script: [{ say: "Added the enum values `blocked`, `failed` and `question` to `State`.\n\nStatus: done" }],
    ...APP_SERVER,
    ...YES,
    why: "the words are the subject of the work",
  },
  {
    name: "status-of-a-ticket-in-a-quote",
    script: [{ say: "I mended what the ticket says:\n\n> Status: failed\n\nThe tests pass now.\n\nStatus: done" }],
    ...EXEC,
    ...YES,
    why: "the quote is the ticket's status",
  },
  {
    name: "our-own-line-copied",
    script: [{ say: "As you asked, I end with `Status: done|partial|question|blocked`.\n\nStatus: done" }],
    ...APP_SERVER,
    ...YES,
    why: "the copied line of the prompt says nothing",
  },
  {
    name: "two-messages-the-last-counts",
    script: [{ run: "true" }, { say: "Status of the work: it is all there.\n\nStatus: done" }],
    ...EXEC,
    ...YES,
    why: "the last message is the answer",
  },
  {
    name: "question-with-options",
    script: [
      { say: "Two ways:\n\n1. Drop the column\n2. Keep it and mark it\n\nWhich one do you want?\n\nStatus: question" },
    ],
    ...EXEC,
    ...ASKS,
    why: "it asks for a decision",
  },
  {
    name: "awaits-confirmation",
    script: [{ say: "May I delete the table `users`?\n\nStatus: awaiting confirmation" }],
    ...EXEC,
    ...ASKS,
    why: "it waits for a yes",
  },
  {
    name: "json-without-a-schema",
    script: [{ say: '{"status":"done","files":["a.ts"]}' }],
    ...APP_SERVER,
    ...YES,
    why: "an answer in JSON that speaks of done",
  },
  { name: "only-a-status-line", script: [{ say: "Status: done" }], ...EXEC, ...YES, why: "short, and it says done" },
  {
    name: "crlf",
    script: [{ say: "Changed it.\r\n\r\nStatus: blocked\r\n" }],
    ...APP_SERVER,
    ...BLOCKED,
    why: "line ends of another system mean nothing",
  },
  {
    name: "asks-through-the-tool-and-nobody-answers",
    script: [
      { call: "ask_caller", args: { question: "Which database?", options: ["postgres", "sqlite"] } },
      { say: "Nobody answered: postgres or sqlite?\n\nStatus: question" },
    ],
    env: { ASK_CODEX_QUESTION_TIMEOUT: "0.5" },
    ...APP_SERVER,
    ...ASKS,
    why: "the question stands when nobody answered it in time",
  },
  {
    name: "asks-through-a-tool-that-exec-has-not",
    script: [{ call: "ask_caller", args: { question: "Which database?" } }, { say: "I took sqlite.\n\nStatus: done" }],
    ...EXEC,
    ...YES,
    why: "there is no such tool in exec; the model decided itself",
  },
];
