import { describe, expect, it } from "vitest";
import { type Report, readReport } from "../../../src/run/read-report.ts";

type Row = readonly [name: string, status: Report["status"], message: string];

const FENCE = "```";

/** Codex says it itself, in whatever dress. */
const STATUS_LINES: readonly Row[] = [
  ["plain", "done", "Renamed the module.\n\nStatus: done"],
  ["bold label", "done", "Renamed the module.\n\n**Status:** done"],
  ["bold word, full stop", "done", "Renamed the module.\n\nStatus: **done**."],
  ["all bold", "blocked", "No key is set.\n\n**Status: blocked**"],
  ["bold label outside the colon", "partial", "Two of four.\n\n**Status**: partial"],
  ["backticks around the line", "done", "Renamed the module.\n\n`Status: done`"],
  ["backticks around the word", "partial", "Half of it.\n\nStatus: `partial`"],
  ["italics", "done", "Renamed it.\n\n_Status: done_"],
  ["underlined bold", "done", "Renamed it.\n\n__Status:__ done"],
  ["upper case", "done", "Renamed it.\n\nSTATUS: DONE"],
  ["list bullet", "done", "- Renamed it\n- Status: done"],
  ["star bullet", "partial", "* Renamed it\n* **Status:** partial"],
  ["heading", "done", "Renamed it.\n\n## Status: done"],
  ["space before the colon", "done", "Renamed it.\n\nStatus : done"],
  ["explanation in parentheses", "done", "Added tests.\n\nStatus: done (3 tests pass)"],
  ["explanation after a dash", "blocked", "npm ci fails.\n\nStatus: blocked - no network"],
  ["explanation after an em dash", "blocked", "npm ci fails.\n\nStatus: blocked — the registry can't be reached"],
  ["explanation with other status words", "done", "Added it.\n\nStatus: done, nothing is blocked"],
  ["emoji before the word", "done", "Added it.\n\nStatus: ✅ done"],
  ["emoji before the label", "done", "Added it.\n\n✅ Status: done ✅"],
  ["brackets", "done", "Added it.\n\n[Status: done]"],
  ["final status", "partial", "Added it.\n\nFinal status: partial"],
  ["blank lines after", "done", "Added it.\n\nStatus: done\n\n\n   \n"],
  ["trailing spaces", "done", "Added it.   \n\nStatus: done   "],
  ["Windows line endings", "partial", "Added it.\r\n\r\nStatus: partial\r\n"],
  ["one closing fence after", "done", `Added it.\n\nStatus: done\n${FENCE}`],
  ["in a fence of its own", "partial", `Added it.\n\n${FENCE}\nStatus: partial\n${FENCE}`],
  ["the whole message fenced", "done", `${FENCE}text\nAdded it.\n\nStatus: done\n${FENCE}\n`],
  ["a block quote at the very end", "partial", "Added it.\n\n> Status: partial"],
  ["a rule after", "done", "Added it.\n\nStatus: done\n\n---"],
  ["a line of notes after", "partial", "Added it.\n\nStatus: partial\nThe docs are left."],
  ["two lines, the last wins", "done", "Status: partial\nThen I fixed the rest.\nStatus: done"],
  ["the end of the last line", "done", "Renamed the module, 12 tests pass. Status: done"],
  ["status alone", "done", "Status: done"],
  ["in German", "blocked", "Es fehlt der Schlüssel.\n\nStatus: blockiert"],
  ["in French", "partial", "La moitié.\n\nStatut : partiel"],
  ["in Spanish", "done", "He cambiado todo.\n\nEstado: hecho"],
  ["in Chinese", "blocked", "没有权限。\n\n状态：受阻"],
  ["in Japanese", "partial", "半分だけです。\n\nステータス：一部"],
  ["in Russian", "question", "Какую базу взять?\n\nСтатус: вопрос"],
  ["completed", "done", "Added it.\n\nStatus: completed"],
  ["complete", "done", "Added it.\n\nStatus: Complete."],
  ["finished", "done", "Added it.\n\nStatus: finished"],
  ["success", "done", "Added it.\n\nStatus: success"],
  ["incomplete", "partial", "Added it.\n\nStatus: incomplete"],
  ["partially done", "partial", "Added it.\n\nStatus: partially done"],
  ["in progress", "partial", "Added it.\n\nStatus: in progress"],
  ["in_progress", "partial", "Added it.\n\nStatus: in_progress"],
  ["not done", "partial", "Looked at it.\n\nStatus: not done"],
  ["mostly done", "partial", "Added it.\n\nStatus: mostly done"],
  ["failed is partial", "partial", "The tests are red.\n\nStatus: failed"],
  ["error is partial", "partial", "The tests are red.\n\nStatus: error"],
  ["stuck", "blocked", "The port is taken.\n\nStatus: stuck"],
  ["needs input", "question", "Postgres or SQLite?\n\nStatus: needs input"],
  ["needs clarification", "question", "Postgres or SQLite?\n\nStatus: needs clarification"],
  ["waiting", "question", "Postgres or SQLite?\n\nStatus: waiting for your answer"],
  ["done, but it says not all", "partial", "Added it.\n\nStatus: done, except the migration of v1 data"],
  ["done, but tests still fail", "partial", "Added it.\n\nStatus: done (two tests still fail)"],
  ["done, and a list of notes follows", "done", "Added it.\n\nStatus: done\n- 12 tests\n- lint clean\n- docs"],
  ["done beats a question mark above", "done", "Why did it fail? The lock was never released. Fixed.\n\nStatus: done"],
];

/** Looks like a status line and states nothing. */
const NO_STATUS_LINES: readonly Row[] = [
  ["the instruction copied", "done", "Renamed the module.\n\nStatus: done|partial|question|blocked"],
  ["the instruction copied with spaces", "done", "Renamed it.\n\n`Status: done | partial | question | blocked`"],
  ["the instruction copied, slashes", "done", "Renamed it.\n\nStatus: done/partial/question/blocked"],
  ["the instruction copied above a real one", "partial", "Status: done|partial|question|blocked\nStatus: partial"],
  [
    "a question above the copied instruction",
    "question",
    "Which of the two schemas should I migrate?\n\nStatus: done|partial|question|blocked",
  ],
  [
    "in the middle of the message",
    "done",
    "Status: blocked\n\nThat was yesterday.\n\nToday:\n\n- a\n- b\n- c\n- d\n\nAll wired up.",
  ],
  ["an HTTP status", "done", "The endpoint answers now.\n\nHTTP status: 404 for unknown ids"],
  ["status codes", "done", "Documented the errors.\n\nStatus codes: blocked accounts get 423"],
  [
    "quoted in a fence, then a question",
    "question",
    `The template ends with\n\n${FENCE}\nStatus: done\n${FENCE}\n\nShould I keep that line in the generated file?`,
  ],
  [
    "quoted in a fence, then more",
    "done",
    `The report prints\n\n${FENCE}\nStatus: blocked\n${FENCE}\n\nwhen the gate is closed. Added a test for it.`,
  ],
  ["block quote, then text", "done", "> Status: blocked\n\nThat was the old output. Fixed."],
];

/** No status line: the message ends in a need that only the caller can meet. */
const QUESTIONS: readonly Row[] = [
  ["in German", "question", "Es gibt zwei Tabellen. Welche soll ich löschen?"],
  ["in French", "question", "Il y a deux bases. Quelle base dois-je utiliser ?"],
  ["in Japanese", "question", "設定ファイルが二つあります。どちらを変更しますか？"],
  [
    "should I, nothing done",
    "question",
    "There are two config files.\n\nShould I change `app.toml` or `app.local.toml`?",
  ],
  ["which of", "question", "I found three handlers with that name. Which of them should be rate limited?"],
  ["do you want me to, nothing done", "question", "The table still has rows.\n\nDo you want me to drop it?"],
  [
    "could you confirm",
    "question",
    "The spec and the tests disagree about rounding.\n\nCould you confirm that half-even is intended?",
  ],
  [
    "after finished work, a real choice",
    "question",
    "I've added the endpoint.\n\nShould errors be returned as problem+json or plain text?",
  ],
  [
    "after finished work, an offered choice",
    "question",
    "I implemented login. Do you want me to use JWTs or server sessions?",
  ],
  [
    "before I continue",
    "question",
    "I've mapped the callers. Before I delete the old API, do you want me to keep a shim?",
  ],
  [
    "numbered options, then a question",
    "question",
    "Two ways:\n\n1. Keep the v1 route and deprecate it\n2. Remove it now\n\nWhich do you prefer?",
  ],
  [
    "a question, then numbered options",
    "question",
    "How should conflicts be resolved?\n\n1. Last write wins\n2. Reject with 409",
  ],
  ["a question with its options in one paragraph", "question", "Which store should I use?\n- Redis\n- Postgres"],
  ["a question, then a preference", "question", "Should I rename the column or add a view? I'd recommend the view."],
  [
    "a question, then please",
    "question",
    "Should the cache expire after an hour or a day?\n\nPlease let me know and I'll finish the change.",
  ],
  ["a plan asking for a nod", "question", "Plan:\n\n1. Extract the parser\n2. Port the tests\n\nDoes that sound good?"],
  ["short and bare", "question", "Which file do you mean?"],
  ["a fact only the caller has", "question", "What is the staging host name?"],
  ["please confirm, no mark", "question", "The migration deletes 40k rows. Please confirm before I run it."],
  ["let me know which", "question", "Both libraries fit.\n\nLet me know which one you want."],
  ["is it OK to", "question", "The fix needs a new dependency (zod). Is it OK to add it?"],
  ["bold question", "question", "There is no test database.\n\n**Should I create one with Docker?**"],
  ["emoji after the mark", "question", "Two owners are listed.\n\nWhich one should get the alert? 🤔"],
  [
    "open questions under a heading",
    "question",
    "## Open questions\n\n1. Should the limit be per user?\n2. Should it apply to admins?",
  ],
  [
    "blocked and asking",
    "question",
    "I can't reach the registry: network is disabled. Which version should I pin from the cache?",
  ],
  ["Windows line endings", "question", "Two config files exist.\r\n\r\nWhich one should I change?\r\n"],
  [
    "lettered options",
    "question",
    "I can do this two ways.\n\nA) Add a column\nB) Add a table\n\nWhich would you like?",
  ],
  ["did you mean", "question", "I wasn’t able to find a file named `config.yaml`. Did you mean `config.yml`?"],
  [
    "nothing changed yet",
    "question",
    "I found that `User` is defined twice. I haven't changed anything yet. Do you want me to merge them?",
  ],
  ["please clarify whether", "question", "The spec is ambiguous.\n\nPlease clarify whether deletes are soft or hard."],
  ["no task", "question", "I don't see a task in your message. What should I do?"],
];

/** No status line: finished work with a polite end. */
const POLITE_ENDS: readonly Row[] = [
  ["in German", "done", "Der Fehler ist behoben. Soll ich auch einen Pull Request öffnen?"],
  ["in Chinese", "done", "已修复错误。还需要别的吗？"],
  ["would you like docs", "done", "I've added the flag and its tests.\n\nWould you like me to also add docs?"],
  ["anything else", "done", "Fixed the race in the queue.\n\nLet me know if you'd like anything else?"],
  ["anything else, nothing stated", "done", "Here you go.\n\nIs there anything else I can help with?"],
  ["want me to next", "done", "All 42 tests pass now.\n\nWant me to tackle the flaky e2e suite next?"],
  ["should I also", "done", "Renamed `foo` to `bar` everywhere. Should I also update the changelog?"],
  ["commit this", "done", "I fixed the off-by-one and added a regression test.\n\nShould I commit this?"],
  ["open a pull request", "done", "The refactoring is complete.\n\nDo you want me to open a pull request?"],
  ["tests or docs", "done", "Implemented the cache.\n\nWould you like me to add more tests or update the docs?"],
  ["any questions", "done", "I've updated the three call sites. Any questions?"],
  ["does that help", "done", "The root cause is the shared buffer in `read()`.\n\nDoes that help?"],
  ["look good", "done", "Updated the header styles.\n\nDoes this look good to you?"],
  ["let me know if you want", "done", "Done. Let me know if you want a follow-up for the CLI."],
  ["what next", "done", "The migration is complete and tests pass. What should I do next?"],
  ["review with an offer", "done", "I reviewed the diff. Findings:\n\n- `a.ts:4` leaks a handle\n\nWant me to fix it?"],
  [
    "review that changed nothing",
    "done",
    "I reviewed the module and found two issues. No files were changed.\n\nWould you like me to fix them?",
  ],
  [
    "a question in the middle",
    "done",
    "Why did it fail? Because the lock was held across the await.\n\nI moved the await out and added a test.",
  ],
  ["a question in code", "done", `Added the prompt:\n\n${FENCE}ts\nconst ask = "Should I overwrite it?";\n${FENCE}`],
  ["a quoted question", "done", 'The dialog now says "Do you want to delete this file?"'],
  [
    "an offer without a mark",
    "done",
    "I’ve updated the README. If you’d like, I can also add a troubleshooting section.",
  ],
  [
    "a numbered offer",
    "done",
    "Changes made:\n1. Added `useDebounce`\n\nIf you want, I can next:\n1. Add tests\n2. Update the docs",
  ],
  [
    "a question among next steps",
    "done",
    "Completed all three tasks.\n\n**Next steps**\n- Should we cache? It may help.\n- Consider metrics",
  ],
  [
    "an investigation with an offer",
    "done",
    "I investigated it. The root cause is a stale key in `cache.ts`. Would you like me to implement the fix?",
  ],
  ["how to proceed", "done", "I've finished the refactor. Let me know how you'd like to proceed."],
  ["a greeting", "done", "Hello! How can I help you today?"],
];

/** No status line: the whole outcome is that it could not be done, for a reason outside of Codex. */
const BLOCKED: readonly Row[] = [
  ["read-only file system", "blocked", "I cannot make this change because the workspace is mounted read-only."],
  [
    "network disabled",
    "blocked",
    "I was not able to install the dependency because network access is disabled in this sandbox.",
  ],
  ["permission denied", "blocked", "I'm unable to write `src/app.ts`: permission denied."],
  ["cause in backticks", "blocked", "I could not apply the patch. Every attempt ended in `Read-only file system`."],
  ["missing credentials", "blocked", "I can't run the migration: there are no credentials for the staging database."],
  ["no subject", "blocked", "Unable to proceed: missing API key for the provider.\n\nNo files were changed."],
  ["typographic apostrophe", "blocked", "I can’t continue because the network is disabled."],
  ["cause in the next sentence", "blocked", "I was unable to fetch the schema. The network is blocked here."],
  ["wrapped lines", "blocked", "I cannot complete the task because\nthe sandbox denies every write\noutside of /tmp."],
  ["passive", "blocked", "The change could not be made because `src/` is read-only."],
  ["missing file", "blocked", "I couldn't find `src/legacy.ts`, so I made no changes."],
  [
    "a verifier that can't run the checks",
    "blocked",
    "I could not run `npm test` because dependencies are not installed and the network is disabled.",
  ],
  ["refusal", "blocked", "I'm sorry, but I can't help with that."],
  [
    "a patch for somebody else",
    "blocked",
    "I can't modify files in this read-only sandbox. Here is a patch:\n\n```diff\n-a\n+b\n```",
  ],
  ["blocked as a label", "blocked", "Blocked: the sandbox denies network access, so `npm install` fails."],
  ["first person blocked", "blocked", "I'm blocked. The Postgres credentials are missing from the environment."],
  [
    "a refused patch",
    "blocked",
    "I couldn’t complete the task: the repository is mounted read-only and `apply_patch` was rejected.",
  ],
];

/** No status line: it names what is left. */
const PARTIAL: readonly Row[] = [
  ["counted behind the verb", "partial", "I migrated 3 of the 7 modules."],
  ["still to be done", "partial", "I migrated the parser; the others are still to be converted."],
  ["out of time before something", "partial", "I fixed the parser but ran out of time before the printer."],
  ["ran out of", "partial", "I ported the parser and the lexer. I ran out of time for the emitter."],
  ["remaining work", "partial", "Ported the parser.\n\n**Remaining work:**\n\n- the emitter\n- the CLI"],
  ["remaining as a heading", "partial", "Ported the parser.\n\n## Remaining\n\n- the emitter"],
  ["not yet implemented", "partial", "Added the routes. Pagination is not yet implemented."],
  ["isn't implemented yet", "partial", "Added the routes. Pagination hasn't been implemented yet."],
  [
    "the following still fail",
    "partial",
    "Updated the fixtures. The following still fail:\n\n- `a.test.ts`\n- `b.test.ts`",
  ],
  ["tests still fail", "partial", "I fixed the parser, but two tests still fail."],
  ["tests are still failing", "partial", "I fixed the parser; the e2e tests are still failing."],
  ["TODO left", "partial", "Implemented the handler, with one TODO left for retries."],
  ["3 of 7", "partial", "Migrated the stores: 3 of 7 done."],
  ["3/7", "partial", "Progress: 3/7 components converted."],
  ["counted, with a polite end", "partial", "3 of 7 modules migrated.\n\nWant me to continue?"],
  ["partially implemented", "partial", "The import is partially implemented: CSV works, XLSX is stubbed."],
  ["remains to be done", "partial", "The backend is wired. The UI remains to be done."],
  ["still needs to be", "partial", "Added the model. The migration still needs to be written."],
  ["did not finish", "partial", "I did not finish the refactoring of `router.ts`."],
  ["gave up", "partial", "I added logging but couldn't fix the deadlock."],
  [
    "worked, and was refused a part",
    "partial",
    "I updated the client. I could not edit `deploy/prod.yml` because it is read-only.",
  ],
  ["could not reproduce", "partial", "I was unable to reproduce the crash."],
  ["4 of the 6", "partial", "Implemented the easy ones; 4 of the 6 endpoints are done."],
  ["stopped with a label", "partial", "I stopped here because the context is nearly full. Remaining:\n- port `z.ts`"],
  ["did not get to", "partial", "I've made progress but did not get to the tests."],
  ["the others", "partial", "I converted the first module. The other modules still need to be converted."],
];

/** No status line: nothing speaks against done. */
const DONE: readonly Row[] = [
  ["all of them", "done", "I migrated 7 of the 7 modules."],
  ["what ran out of time before the fix", "done", "I fixed the loop that used to run out of time before the change."],
  ["short", "done", "Done."],
  ["ok", "done", "ok"],
  ["emoji", "done", "All set! 🚀"],
  ["a summary", "done", "Added `retry()` to the client and covered it with three tests. All tests pass."],
  [
    "somebody else's inability",
    "done",
    "The old code was unable to parse dates with a zone; fixed by using `Temporal`.",
  ],
  ["an inability of the code", "done", "Fixed: the worker could not read its config because the file was read-only."],
  [
    "only the proof is missing",
    "done",
    "I added the handler and its tests. I couldn't run the suite because the network is disabled.",
  ],
  [
    "the proof is missing, one sentence",
    "done",
    "Added the handler, but could not run the tests because dependencies are not installed.",
  ],
  ["no commit", "done", "Implemented the flag. I could not commit because `.git` is read-only."],
  [
    "a finding of nothing",
    "done",
    "I reviewed the token handling and couldn't find any issues with permission checks.",
  ],
  ["no remaining work", "done", "Everything is ported; no tests still fail.\n\nRemaining work: none."],
  ["remaining nothing under a heading", "done", "Ported the parser.\n\n## Remaining work\n\nNone"],
  ["formerly failing", "done", "The two tests that still failed on Windows now pass."],
  [
    "failing before and elsewhere",
    "done",
    "Added the flag. Two unrelated tests still fail, as they do on main (pre-existing).",
  ],
  ["all of all", "done", "Converted 7 of 7 components. 42/42 tests pass."],
  ["skipped tests", "done", "Added it. 41 of 42 tests passed, 1 skipped."],
  ["next steps are an offer", "done", "Implemented the cache.\n\nNext steps:\n\n- add metrics\n- tune the TTL"],
  ["removed TODOs", "done", "Removed the TODO comments; nothing is left to do."],
  ["words about failing in quotes", "done", 'The CLI now prints "not yet implemented" for `export`.'],
  [
    "words about failing in code",
    "done",
    `Added the guard:\n\n${FENCE}ts\nthrow new Error("I cannot continue: permission denied");\n// TODO left\n${FENCE}\n\nTests pass.`,
  ],
  ["German", "done", "Ich habe die Funktion `parse` ergänzt und drei Tests geschrieben. Alle Tests laufen durch."],
  ["German offer", "done", "Fertig. Soll ich noch die Dokumentation anpassen?"],
  ["Japanese", "done", "ログイン画面を修正しました。テストはすべて成功しています。"],
  ["Spanish", "done", "He actualizado el módulo y las pruebas pasan."],
  ["JSON", "done", '{"status":"partial","summary":"tests still fail","question":"Should I go on?"}'],
  ["JSON with line breaks", "done", '{\n  "blocked": true,\n  "reason": "I cannot write: permission denied"\n}'],
  [
    "a diff",
    "done",
    "diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-// not yet implemented\n+// I cannot write: permission denied\n+Should I keep this?",
  ],
  [
    "a diff in a fence",
    "done",
    `Patch:\n\n${FENCE}diff\n-not yet implemented\n+Status: blocked\n${FENCE}\n\nIt compiles.`,
  ],
  [
    "long markdown",
    "done",
    `## Summary\n\nImplemented token refresh.\n\n### Changes\n\n- \`src/auth.ts\`: refreshes 60 s before expiry\n- \`src/http.ts\`: retries once on 401\n\n### Verification\n\n${FENCE}console\n$ npm test\n42 passed\n${FENCE}\n\n### Notes\n\nThe refresh token is kept in memory only.`,
  ],
  [
    "an explanation",
    "done",
    "The queue drains in two places:\n\n- `flush()` on every tick\n- `close()` once\n\nIt cannot be drained while a writer holds the lock.",
  ],
  ["a table", "done", "| file | change |\n|---|---|\n| a.ts | added |\n| b.ts | removed |"],
  [
    "proof missing, typographic",
    "done",
    "Implemented it.\n\n- Added tests\n\nI could not run the e2e tests because Docker isn’t available.",
  ],
  ["guarded, not reproduced", "done", "I wasn't able to reproduce the bug, but I added a guard and a regression test."],
  [
    "an answer with a cannot",
    "done",
    "No, `parse()` never returns null, and callers cannot recover because the error is swallowed.",
  ],
  [
    "a check that found failures",
    "done",
    "Verification result: 40 passed, 2 failed. The failures are assertion errors in `date.test.ts`.",
  ],
  ["a plan", "done", "Here's the plan:\n\n1. Extract the parser\n2. Add tests\n3. Delete the old code"],
  ["an answered quote", "done", "> Should I continue?\n\nYes: continued and finished. All checks pass."],
  ["French", "done", "J'ai corrigé le bug et ajouté un test."],
  ["Chinese with a question", "done", "已完成修改,所有测试通过。需要我继续吗?"],
];

const EMPTY: readonly Row[] = [
  ["empty", "empty", ""],
  ["white space", "empty", " \r\n\t\n "],
  ["a zero-width space", "empty", "\u200b\n"],
];

const check = (rows: readonly Row[], source: (status: Report["status"]) => Report["source"]) =>
  it.each(rows)("%s → %s", (_name, status, message) => {
    expect(readReport(message)).toMatchObject({ status, source: source(status) });
  });
const heuristic = (status: Report["status"]) => (status === "done" || status === "empty" ? "none" : "heuristic");

describe("readReport", () => {
  describe("a status line", () => check(STATUS_LINES, () => "line"));
  describe("no statement", () =>
    it.each(NO_STATUS_LINES)("%s → %s", (_name, status, message) => {
      expect(readReport(message).status).toBe(status);
    }));
  describe("a question", () => check(QUESTIONS, heuristic));
  describe("a polite end", () => check(POLITE_ENDS, heuristic));
  describe("blocked", () => check(BLOCKED, heuristic));
  describe("partial", () => check(PARTIAL, heuristic));
  describe("done", () => check(DONE, heuristic));
  describe("empty", () => check(EMPTY, heuristic));

  it.each([
    ["the paragraph that asks", "Two files.\n\nShould I change **a** or **b**?", "Should I change **a** or **b**?"],
    ["with the options above", "Ways:\n\n1. Keep\n2. Drop\n\nWhich one?", "1. Keep\n2. Drop\n\nWhich one?"],
    [
      "with the options below",
      "Look.\n\nWhich one should I use?\n\n1. Keep\n2. Drop",
      "Which one should I use?\n\n1. Keep\n2. Drop",
    ],
    ["above a status line", "Look.\n\nWhich one should I use?\n\nStatus: question", "Which one should I use?"],
    ["above a status line, no mark", "Look.\n\nName the database.\n\nStatus: question", "Name the database."],
    ["in the status line", "Look.\n\nStatus: question - keep or drop v1?", "question - keep or drop v1?"],
  ])("hands the question over: %s", (_name, message, question) => {
    expect(readReport(message).question).toBe(question);
  });

  it("hands no question over where there is none", () => {
    expect(readReport("Status: question")).toEqual({ status: "question", source: "line" });
    expect(readReport("Renamed it.\n\nStatus: done")).toEqual({ status: "done", source: "line" });
  });

  it("is fast on a message of a megabyte", () => {
    const started = performance.now();
    readReport(
      `${"I cannot say, but which of the remaining work should 3 of ".repeat(20_000)}\n\n${"a\n".repeat(20_000)}`,
    );
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
