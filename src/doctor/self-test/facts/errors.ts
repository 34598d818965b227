import { createServer } from "node:net";
import { classifyError } from "../../../run/classify-error.ts";
import { retryKind } from "../../../run/watch-retries.ts";
import { listenLocally } from "../../listen-locally.ts";
import type { Fact } from "../fact.ts";
import { oncePerLab } from "../once-per-lab.ts";
import { endOf } from "../talk.ts";

/** Far ahead: in 2100. */
const RESETS_AT = 4_102_444_800;
const LIMIT_REACHED = {
  status: 429,
  body: { error: { type: "usage_limit_reached", message: "The usage limit has been reached", resets_at: RESETS_AT } },
} as const;

/** The answer of a service whose account has used up its quota. */
const limited = oncePerLab(async (lab) => {
  const talk = await lab.talk(lab.makeDir("limited"));
  const events = await talk.turn({ prompt: `Go. ${lab.model.script([LIMIT_REACHED])}`, model: "gpt-5.5" });
  await talk.close();
  return { error: events.findLast((event) => event.type === "turn_ended")?.error, end: endOf(events) };
});

/** A service that nobody reaches: the first that Codex says of it, whichever it is. */
const unreached = oncePerLab(async (lab) => {
  const home = lab.codexHome("codex-home-nobody", await freePort());
  const talk = await lab.talk(lab.makeDir("unreached"), { env: { CODEX_HOME: home } });
  const retry = talk.next("retry");
  const turn = talk.turn({ prompt: "Go.", model: "gpt-5.5" });
  const first = await Promise.race([retry, turn]);
  if (Array.isArray(first)) return { ended: true, kind: undefined, saw: endOf(first) };
  await talk.thread.interrupt();
  await turn.catch(() => []);
  await talk.close();
  return { ended: false, kind: retryKind(first.error), saw: first.message };
});

/** A port on which nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenLocally(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A provider that wants OpenAI's login, on loopback, and nothing but a key in the environment. */
const withApiKey = oncePerLab(async (lab) => {
  const home = lab.codexHome("codex-home-login", lab.model.port, "requires_openai_auth = true");
  const env = { CODEX_HOME: home, OPENAI_API_KEY: "self-test-api-key" };
  const talk = await lab.talk(lab.makeDir("login"), { env });
  const mark = lab.model.script([{ say: "Done." }]);
  await talk.turn({ prompt: `Go. ${mark}`, model: "gpt-5.5" });
  await talk.close();
  const seen = lab.model.seen(mark)[0];
  if (seen === undefined) throw new Error("Codex sent no request");
  return seen.headers.authorization;
});

/** How Codex says that something outside is wrong. */
export const ERROR_FACTS: readonly Fact[] = [
  {
    id: "error.typed",
    claim: "A usage limit comes as a typed error.",
    source: "CODEX.md 5",
    matters: "worked around",
    whenNot: "it is told by Codex's words",
    async probe(lab) {
      const { error, end } = await limited(lab);
      return { holds: error?.code === "usageLimitExceeded", saw: error?.code ?? `no type: ${end}` };
    },
  },
  {
    id: "error.limit",
    claim: "ask-codex knows a usage limit when Codex reports one.",
    source: "CODEX.md 2",
    matters: "told",
    whenNot: "the run fails without saying that the quota is used up; look at the account yourself",
    async probe(lab) {
      const { error, end } = await limited(lab);
      const kind = error === undefined ? undefined : classifyError(error).kind;
      return { holds: kind === "usage_limit", saw: kind === undefined ? end : `taken for ${kind}` };
    },
  },
  {
    id: "error.unreached",
    claim: "A turn ends at once when its service can't be reached.",
    source: "CODEX.md surprise 1",
    matters: "worked around",
    whenNot: "it retries, 0.169 for ever, so the run ends the turn at the second failure",
    async probe(lab) {
      const { ended, saw } = await unreached(lab);
      return { holds: ended, saw: ended ? saw : `it goes on: ${saw}` };
    },
  },
  {
    id: "error.connection",
    claim: "ask-codex knows a lost connection by what Codex says of its retry.",
    source: "CODEX.md surprise 1",
    matters: "worked around",
    whenNot: "the run waits until its idle limit",
    async probe(lab) {
      const { ended, kind, saw } = await unreached(lab);
      return ended ? { holds: "unknown", saw } : { holds: kind === "connection", saw: `taken for ${kind}: ${saw}` };
    },
  },
  {
    id: "login.key",
    claim: "OPENAI_API_KEY logs Codex in.",
    source: "CODEX.md surprise 18",
    matters: "told",
    whenNot: "log in with `codex login` (`--with-api-key` for a key)",
    async probe(lab) {
      const sent = await withApiKey(lab);
      return {
        holds: sent?.includes("self-test-api-key") ?? false,
        saw: sent === undefined ? "no login was sent" : "a login was sent",
      };
    },
  },
];
