import { existsSync } from "node:fs";
import { join } from "node:path";
import { RUN_MARKER } from "../../../sys/environment.ts";
import { writeNew } from "../../../sys/files.ts";
import type { Fact, Seen } from "../fact.ts";
import { type Look, lookCommand, lookOf } from "../look.ts";
import { oncePerLab } from "../once-per-lab.ts";
import type { SelfTestLab } from "../open-lab.ts";

/** A variable of the caller's that no command may see. */
const CANARY = "ASK_CODEX_SELF_TEST_CANARY";

/** A workspace in which a folder may be written, with things in it that may not be read. */
export function makeWorkspace(lab: SelfTestLab, name: string): string {
  const cwd = lab.makeDir(name);
  for (const folder of ["open", "closed", "keys", ".git"]) lab.makeDir(join(name, folder));
  for (const file of ["private.txt", ".env", "keys/deep.pem"]) writeNew(join(cwd, file), "secret of the self-test\n");
  return cwd;
}

/** One command of Codex's that tries everything its power says about. */
const power = oncePerLab(async (lab) => {
  const cwd = makeWorkspace(lab, "power");
  const beyond = lab.makeDir("beyond");
  const command = lookCommand(lab.makeDir("power-look"), {
    write: {
      inside: join(cwd, "open", "x"),
      outside: join(cwd, "closed", "x"),
      beyond: join(beyond, "x"),
      git: join(cwd, ".git", "x"),
    },
    read: { named: join(cwd, "private.txt"), glob: join(cwd, "keys", "deep.pem"), dotenv: join(cwd, ".env") },
    connect: lab.model.port,
    env: [RUN_MARKER, CANARY],
  });
  const talk = await lab.talk(cwd, {
    power: { write: "scope", scope: ["open"] },
    deny: ["private.txt"],
    env: { [CANARY]: "seen" },
  });
  const events = await talk.turn({
    prompt: `Look around. ${lab.model.script([{ run: command }, { say: "Done." }])}`,
    model: "gpt-5.5",
  });
  await talk.close();
  return { look: lookOf(events), degraded: talk.thread.degraded, wrote: existsSync(join(cwd, "open", "x")) };
});

const fromPower =
  (read: (look: Look) => Seen) =>
  async (lab: SelfTestLab): Promise<Seen> =>
    read((await power(lab)).look);

/** A thing that the kernel must refuse. */
const refused = (what: string, code: string | undefined): Seen => ({
  holds: code !== undefined && code !== "ok",
  saw: `${what}: ${code === "ok" ? "it worked" : `refused (${code})`}`,
});

const AUDIT = "the audit after the turn finds it, and the run is a violation";
const HIDDEN = "nothing hides it: keep secrets out of the workspace, or update Codex";

/** What stands between Codex's commands and the machine. */
export const POWER_FACTS: readonly Fact[] = [
  {
    id: "power.inside",
    claim: "A command may write inside the write scope.",
    source: "CODEX.md A",
    matters: "needed",
    whenNot: "runs that write come to nothing; --read-only ones work",
    async probe(lab) {
      const { look, wrote } = await power(lab);
      return { holds: wrote, saw: `open/x: ${wrote ? "written" : look.write.inside}` };
    },
  },
  {
    id: "power.beyond",
    claim: "A command may not write outside the workspace.",
    source: "CODEX.md 4",
    matters: "needed",
    whenNot: "nothing keeps it inside: use this Codex only in a container",
    probe: fromPower((look) => refused("a directory beside the workspace", look.write.beyond)),
  },
  {
    id: "power.scope",
    claim: "A command may not write outside the write scope.",
    source: "CODEX.md A",
    matters: "worked around",
    whenNot: AUDIT,
    probe: fromPower((look) => refused("closed/x", look.write.outside)),
  },
  {
    id: "power.git",
    claim: "A command may not write into .git.",
    source: "CODEX.md 4",
    matters: "told",
    whenNot: "the audit tells of moved branches, refs and the index; look into .git/hooks and .git/config yourself",
    probe: fromPower((look) => refused(".git/x", look.write.git)),
  },
  {
    id: "power.network",
    claim: "A command without network reaches nobody, this machine included.",
    source: "CODEX.md 4",
    matters: "needed",
    whenNot: "what a run can read it can send: use this Codex only in a container without network",
    probe: fromPower((look) => refused("a port of 127.0.0.1", look.connect)),
  },
  {
    id: "power.deny-file",
    claim: "A file that is denied by name can't be read.",
    source: "CODEX.md A",
    matters: "told",
    whenNot: HIDDEN,
    probe: fromPower((look) => refused("private.txt", look.read.named)),
  },
  {
    id: "power.deny-glob",
    claim: "Files that a glob denies can't be read.",
    source: "CODEX.md A",
    matters: "told",
    whenNot: HIDDEN,
    probe: fromPower(({ read }) => {
      const files = [refused(".env", read.dotenv), refused("keys/deep.pem", read.glob)];
      return { holds: files.every((one) => one.holds === true), saw: files.map((one) => one.saw).join(", ") };
    }),
  },
  {
    id: "power.kept",
    claim: "A permission profile that Codex reports as active holds in every point above.",
    source: "CODEX.md A",
    matters: "needed",
    whenNot: "don't use this Codex: it says more than it does, and no receipt can tell",
    async probe(lab) {
      const { look, degraded } = await power(lab);
      if (degraded !== undefined) return { holds: "unknown", saw: "no profile is active" };
      const { inside, ...others } = look.write;
      const broken = Object.entries({ ...others, ...look.read, network: look.connect }).filter(
        ([, code]) => code === "ok",
      );
      const names = broken.map(([name]) => name);
      return {
        holds: names.length === 0,
        saw: names.length === 0 ? "it does" : `open although closed: ${names.join(", ")}`,
      };
    },
  },
  {
    id: "env.only",
    claim: "Commands see only the variables that we name.",
    source: "CODEX.md A",
    matters: "told",
    whenNot: "commands see the keys of the environment: unset them before you call ask-codex",
    probe: fromPower(({ env }) => ({
      holds: env[CANARY] === null,
      saw: env[CANARY] === null ? "another one was not there" : "another one was there, too",
    })),
  },
  {
    id: "env.marker",
    claim: "Commands carry the marker of their run, by which a sweep finds them.",
    source: "CODEX.md A",
    matters: "worked around",
    whenNot: "only what is still below Codex's process is found and ended",
    probe: async (lab) => {
      const value = (await power(lab)).look.env[RUN_MARKER];
      return { holds: value === lab.marker, saw: value === null ? "it was not there" : "it was there" };
    },
  },
];
