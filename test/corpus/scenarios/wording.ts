import type { Scenario } from "../scenario.ts";

const YES = { verdict: "done", exit: 0 } as const;
const FAILED = { verdict: "failed", exit: 1 } as const;
const ASKS = { verdict: "question", exit: 4 } as const;
const BLOCKED = { verdict: "blocked", exit: 4 } as const;
const APP_SERVER = { engines: ["app-server"] } as const;
const EXEC = { engines: ["exec"] } as const;
const ERROR_WORDS =
  "I fixed the error handling: a failed login no longer throws an exception, the panic in `fatal()` is gone, and `not found` and `permission denied` are told apart.\n\nStatus: done";

/** Answers whose words mislead a reader of logs, and answers without a status line. */
export const WORDING: readonly Scenario[] = [
  {
    name: "error-words-in-a-good-answer",
    script: [{ say: ERROR_WORDS }],
    ...YES,
    why: "the errors are the subject of the work, not its end",
  },
  {
    name: "traceback-quoted",
    script: [
      {
        say: "The cause was this, and it is mended:\n\n```\nTraceback (most recent call last):\n  ValueError: bad\n```\n\nStatus: done",
      },
    ],
    ...APP_SERVER,
    ...YES,
    why: "the traceback is what was mended",
  },
  {
    name: "zero-errors",
    script: [{ say: "0 errors, 0 failed, 12 passed.\n\nStatus: done" }],
    ...EXEC,
    ...YES,
    why: "none failed",
  },
  {
    name: "tokens-used-and-nothing-done",
    script: [{ say: "tokens used: 4,096\n\nStatus: partial" }],
    ...FAILED,
    why: "how much was used says nothing of what was done",
  },
  {
    name: "tokens-used-and-blocked",
    script: [{ say: "I can't write here: the file system is read-only.\ntokens used 120\n\nStatus: blocked" }],
    ...EXEC,
    ...BLOCKED,
    why: "how much was used says nothing of what was done",
  },
  {
    name: "no-status-finished",
    script: [{ say: "I renamed the function in all three files; the tests pass." }],
    ...YES,
    why: "a report of finished work needs no status line",
  },
  { name: "no-status-short", script: [{ say: "OK" }], ...APP_SERVER, ...YES, why: "nothing speaks against done" },
  {
    name: "no-status-question",
    script: [{ say: "There are two config files. Which one should I change?" }],
    ...ASKS,
    why: "it ends in a question that only the caller can answer",
  },
  {
    name: "no-status-please-confirm",
    script: [{ say: "This deletes 40 files. Please confirm before I go on." }],
    ...EXEC,
    ...ASKS,
    why: "it waits for a yes",
  },
  {
    name: "no-status-courtesy",
    script: [{ say: "I added the flag and its test. Would you like me to open a pull request as well?" }],
    ...APP_SERVER,
    ...YES,
    why: "an offer after finished work is politeness",
  },
  {
    name: "no-status-anything-else",
    script: [{ say: "Fixed the typo. Is there anything else?" }],
    ...EXEC,
    ...YES,
    why: "a polite end asks for nothing",
  },
  {
    name: "no-status-read-only",
    script: [{ say: "I could not write `a.ts`: the sandbox is read-only." }],
    ...APP_SERVER,
    ...BLOCKED,
    why: "only the caller can give it the power",
  },
  {
    name: "no-status-no-network",
    script: [{ say: "I was unable to install the package because network access is disabled." }],
    ...EXEC,
    ...BLOCKED,
    why: "only the caller can open the network",
  },
  {
    name: "no-status-left-over",
    script: [{ say: "I migrated 3 of the 7 modules; the others are still to be converted." }],
    ...FAILED,
    why: "work is left",
  },
  {
    name: "no-status-ran-out-of-time",
    script: [{ say: "I fixed the parser but ran out of time before the printer." }],
    ...APP_SERVER,
    ...FAILED,
    why: "work is left",
  },
  {
    name: "no-status-tests-still-fail",
    script: [{ say: "I rewrote the cache. 2 tests still fail." }],
    ...EXEC,
    ...FAILED,
    why: "it says itself that tests are red",
  },
  {
    name: "no-status-could-not-run-tests",
    script: [{ say: "I added the check. I could not run the tests because npm is not installed." }],
    ...APP_SERVER,
    ...YES,
    why: "the work is there; its proof is ours to give",
  },
  {
    name: "no-bugs-found",
    script: [{ say: "I reviewed the module and could not find any other problem." }],
    ...EXEC,
    ...YES,
    why: "to find nothing is a finding",
  },
  {
    name: "german-done",
    script: [{ say: "Ich habe den Fehler behoben; alle Tests laufen durch.\n\nStatus: done" }],
    ...APP_SERVER,
    ...YES,
    why: "the status line is in the words of the prompt",
  },
  {
    name: "german-without-status",
    script: [{ say: "Der Fehler ist behoben und die Tests laufen durch." }],
    ...EXEC,
    ...YES,
    why: "nothing speaks against done",
  },
  {
    name: "french-blocked",
    script: [{ say: "Le fichier est introuvable, je ne peux pas continuer.\n\nStatus: blocked" }],
    ...APP_SERVER,
    ...BLOCKED,
    why: "the status line is in the words of the prompt",
  },
  {
    name: "japanese-question",
    script: [{ say: "どちらのデータベースを使いますか？\n\nStatus: question" }],
    ...EXEC,
    ...ASKS,
    why: "the status line is in the words of the prompt",
  },
  {
    name: "chinese-done",
    script: [{ say: "已修复错误，所有测试通过。\n\nStatus: done" }],
    ...APP_SERVER,
    ...YES,
    why: "the status line is in the words of the prompt",
  },
  {
    name: "spanish-error-words",
    script: [{ say: "Corregí el error fatal; ya no hay excepción.\n\nStatus: done" }],
    ...EXEC,
    ...YES,
    why: "the error is what was mended",
  },
  {
    name: "russian-partial",
    script: [{ say: "Сделал половину.\n\nStatus: partial" }],
    ...APP_SERVER,
    ...FAILED,
    why: "the status line is in the words of the prompt",
  },
  {
    name: "emoji-done",
    script: [{ say: "✅ All set 🎉\n\n✅ Status: done" }],
    ...EXEC,
    ...YES,
    why: "signs before the line mean nothing",
  },
  {
    name: "german-status-word",
    script: [{ say: "Der Schlüssel fehlt.\n\nStatus: blockiert" }],
    ...APP_SERVER,
    ...BLOCKED,
    why: "the word is translated, what it says is not",
  },
  {
    name: "spanish-status-line",
    script: [{ say: "He cambiado dos de los tres archivos.\n\nEstado: parcial" }],
    ...EXEC,
    ...FAILED,
    why: "the line is translated, what it says is not",
  },
  {
    name: "chinese-status-line",
    script: [{ say: "没有写权限。\n\n状态：受阻" }],
    ...APP_SERVER,
    ...BLOCKED,
    why: "the line is translated, what it says is not",
  },
  {
    name: "german-question-without-status",
    script: [{ say: "Es gibt zwei Tabellen. Welche soll ich löschen?" }],
    ...EXEC,
    ...ASKS,
    why: "it asks for a decision that only the caller can make",
  },
  {
    name: "french-question-without-status",
    script: [{ say: "Il y a deux bases. Quelle base dois-je utiliser ?" }],
    ...APP_SERVER,
    ...ASKS,
    why: "it asks for a decision that only the caller can make",
  },
  {
    name: "japanese-question-without-status",
    script: [{ say: "設定ファイルが二つあります。どちらを変更すればいいですか？" }],
    ...EXEC,
    ...ASKS,
    why: "it asks for a decision that only the caller can make",
  },
  {
    name: "german-offer-after-work",
    script: [{ say: "Der Fehler ist behoben. Soll ich auch einen Pull Request öffnen?" }],
    ...APP_SERVER,
    ...YES,
    why: "an offer after finished work is politeness",
  },
];
