import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCodex } from "../engine/find-codex.ts";
import { sandboxCommand } from "../engine/sandbox-command.ts";
import { isSandboxFailure, sandboxError } from "../engine/sandbox-error.ts";
import { planPolicy, whyNoProfile } from "../policy/plan-policy.ts";
import { askCodexVersion, whyNot } from "./ask-codex-version.ts";
import { canaryCommand, readCanary, type Try } from "./canary.ts";
import { type Check, finding, type Outcome, ok, type Said, skipped, type World } from "./check.ts";
import { listenLocally } from "./listen-locally.ts";

/** It takes 0.06 s; a machine whose disk stalls is no broken sandbox. */
const CANARY_MS = 15_000;
const UPDATE = "npm install -g @openai/codex@latest";

/**
 * Runs one command under a permission profile like that of a run, in a place of its own: it may write where the scope
 * is and nowhere else, read no secret and no record, and reach nothing on the network.
 */
export const checkSandbox: Check = {
  id: "sandbox",
  title: "Sandbox",
  asksCodex: true,
  async run(world) {
    if (world.env.SANDBOX_RUNTIME) return skipped("not tried: a sandbox does not start inside Claude Code's own");
    const why = whyNoProfile(world.platform);
    if (why !== undefined)
      return finding("warn", `not tried: Codex ${why}, so the audit alone holds a run to its scope`);
    const place = realpathSync(mkdtempSync(join(tmpdir(), "ask-codex-doctor-")));
    const listener = createServer((socket) => socket.destroy());
    try {
      const port = await listenLocally(listener);
      return await judge(await runCanary(place, port, world), world);
    } finally {
      listener.close();
      rmSync(place, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

function runCanary(place: string, port: number, world: World): Promise<Said> {
  const at = (...names: string[]) => join(place, ...names);
  const [workspace, tmpDir, stateHome, codexHome] = [at("work"), at("tmp"), at("records"), at("codex-home")];
  for (const dir of [workspace, tmpDir, stateHome, codexHome, join(workspace, "scope")])
    mkdirSync(dir, { mode: 0o700 });
  const places = {
    inside: join(workspace, "scope", "new"),
    outside: join(workspace, "new"),
    secret: join(workspace, ".env"),
    record: join(stateHome, "record"),
    port,
  };
  for (const path of [places.secret, places.record]) writeFileSync(path, "secret\n");
  const policy = planPolicy({
    power: { write: "scope", scope: ["scope/"], writable: [], network: false, tmp: false, env: [] },
    workspace,
    grants: [join(workspace, "scope")],
    stateHome,
    tmpDir,
    id: world.marker,
    marker: world.marker,
    deny: [],
    env: world.env,
  });
  const canary = canaryCommand(process.execPath, places);
  return world.run({
    ...sandboxCommand({
      codex: findCodex(world.env),
      profile: policy.profile,
      profileName: policy.name,
      codexHome,
      cwd: workspace,
      env: { ...policy.commandEnv, ...canary.env, LC_ALL: "C" },
      argv: canary.argv,
    }),
    timeoutMs: CANARY_MS,
  });
}

/** What must be so, and what is said where it is not. */
const HELD: readonly [word: Try, wanted: "done" | "no", otherwise: string][] = [
  ["write-inside", "done", "a command can't write where it may"],
  ["write-outside", "no", "a command could write outside of its scope"],
  ["read-secret", "no", "a command could read a file that is closed to it"],
  ["read-record", "no", "a command could read our records"],
  ["connect", "no", "a command could reach the network"],
];

async function judge(said: Said, world: World): Promise<Outcome> {
  const tried = readCanary(said.stdout);
  if (tried.size > 0) {
    const broken = HELD.filter(
      ([word, wanted]) => (tried.get(word) ?? wanted).startsWith("done") !== (wanted === "done"),
    );
    const [first] = broken;
    if (first === undefined) return ok("a command wrote in its scope only, read no secret and reached no network");
    const why = first[1] === "done" ? ` (${tried.get(first[0])?.replace(/^no /, "")})` : "";
    return finding("fail", broken.map(([, , otherwise]) => otherwise).join("; ") + why, UPDATE);
  }
  if (isSandboxFailure(said.stderr) || /namespace|landlock|seccomp/i.test(said.stderr)) return cantStart(said, world);
  // clap's words for a flag that it does not have, and the configuration's for a profile it does not know.
  if (said.exitCode === 2 || /permission-profile|default_permissions|unrecogni[sz]ed/i.test(said.stderr))
    return finding("warn", "this Codex knows no permission profiles: the audit alone holds a run to its scope", UPDATE);
  if ("why" in (await askCodexVersion(world))) return skipped("not tried: Codex does not work");
  return finding("fail", `the command in the sandbox did not run: ${whyNot(said)}`, UPDATE);
}

function cantStart({ stderr }: Said, { platform }: World): Outcome {
  const isMissing = /bwrap.*(?:not found|No such file)|(?:not found|No such file).*bwrap/i.test(stderr);
  const cure = isMissing
    ? "sudo apt-get install bubblewrap"
    : "sudo sysctl -w user.max_user_namespaces=15000 kernel.apparmor_restrict_unprivileged_userns=0";
  return finding("fail", sandboxError(stderr).message, platform === "linux" ? cure : UPDATE);
}
