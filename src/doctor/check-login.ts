import { join } from "node:path";
import { codexHomeOf } from "../gate/quota-place.ts";
import { attempt, readIfThere } from "../sys/files.ts";
import { askLogin, configFault } from "./ask-codex.ts";
import { askCodexVersion, whyNot } from "./ask-codex-version.ts";
import { type Check, finding, type Outcome, ok, skipped, type World } from "./check.ts";
import { type Provider, readProvider } from "./read-provider.ts";

/** Whether Codex has what its provider asks for: a provider of the user's own needs no login with OpenAI. */
export const checkLogin: Check = {
  id: "login",
  title: "Login",
  asksCodex: true,
  async run(world) {
    const said = await askLogin(world);
    if (configFault(said) !== undefined) return skipped("not known: Codex's settings can't be loaded");
    const text = attempt(() => readIfThere(join(codexHomeOf(world.env), "config.toml"))) ?? "";
    const provider = readProvider(text);
    if (!provider.wantsLogin) return judgeKey(provider, world);
    if (said.exitCode === 0) return ok(`${loggedIn(said.stderr + said.stdout)}${unused(world)}`);
    if (world.env.CODEX_API_KEY) return judgeApiKey(world);
    if (said.exitCode !== null) return notLoggedIn(provider, world);
    if ("why" in (await askCodexVersion(world))) return skipped("not known: Codex does not work");
    return finding("fail", `codex login status: ${whyNot(said)}`, "codex login status");
  },
};

function judgeKey({ name, envKey }: Provider, { env }: World): Outcome {
  const about = `the provider is ${name}, which needs no login with OpenAI`;
  if (envKey === undefined) return ok(about);
  if (env[envKey]) return ok(`${about}; its key ${envKey} is set`);
  return finding("fail", `the provider is ${name}, and its key ${envKey} is not set`, `export ${envKey}=…`);
}

/** Measured on 0.169.0: `codex exec` takes CODEX_API_KEY, the app-server sends nothing. */
async function judgeApiKey(world: World): Promise<Outcome> {
  const { engine } = await world.defaults();
  if (engine === "exec") return ok("not logged in, but CODEX_API_KEY is set, which codex exec uses");
  const why = "CODEX_API_KEY is set, which codex exec uses, and the app-server that runs go through does not";
  return finding("fail", `Codex is not logged in; ${why}`, "printenv CODEX_API_KEY | codex login --with-api-key");
}

function notLoggedIn({ name }: Provider, { env }: World): Outcome {
  const who = name === "openai" ? "Codex is not logged in" : `Codex is not logged in, which the provider ${name} needs`;
  if (!env.OPENAI_API_KEY) return finding("fail", who, "codex login");
  return finding(
    "fail",
    `${who}; OPENAI_API_KEY is set, and Codex does not use it`,
    "printenv OPENAI_API_KEY | codex login --with-api-key",
  );
}

const loggedIn = (said: string): string => /^logged in.*$/im.exec(said)?.[0].replace(/\s+-\s+\S*$/, "") ?? "logged in";

const unused = ({ env }: World): string =>
  env.OPENAI_API_KEY ? " (OPENAI_API_KEY is set, and Codex does not use it)" : "";
