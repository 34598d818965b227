import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { collectLayers, saidLayers } from "../../../src/commands/ask/collect-layers.ts";
import type { AskFlags } from "../../../src/commands/ask/flags.ts";
import type { SessionRecord } from "../../../src/core/record.ts";
import type { Draft } from "../../../src/packet/draft.ts";
import { effective } from "../../../src/packet/effective.ts";
import { sampleIo } from "../cli/sample-command.ts";
import { BROKER_ID, sampleSession } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { usage } from "./power-world.ts";

const PROJECT = "repo/.claude/ask-codex.local.md";
const USER = "state/settings.md";
const PACKET = "repo/packet.md";
const front = (...lines: string[]) => `---\n${lines.join("\n")}\n---\n`;

interface Said {
  flags?: AskFlags;
  env?: NodeJS.ProcessEnv;
  session?: Partial<SessionRecord> | undefined;
  /** Where the caller stands. */
  cwd?: string;
  goal?: string | undefined;
}

/** A repository and a state home with these files in them. */
function world(files: Record<string, string> = {}) {
  const dir = tempDir();
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  };
  for (const [name, text] of Object.entries(files)) put(name, text);
  put("repo/.git/HEAD", "ref: refs/heads/main\n");
  put("repo/src/a.ts", "");
  put("other/.git/HEAD", "ref: refs/heads/main\n");
  const collect = async (what: Said = {}) => {
    const { flags = {}, env = {}, session, cwd = "repo" } = what;
    const io = sampleIo([], { env, cwd: join(dir, cwd) });
    const said = await saidLayers(flags, "goal" in what ? what.goal : "do it", io.cwd);
    const record = session && sampleSession({ workspace: join(dir, "repo"), ...session });
    const collected = await collectLayers({ said, home: join(dir, "state"), session: record }, io);
    return { ...collected, ...effective(collected.layers) };
  };
  return { dir, collect };
}

/** Every source of a value, strongest first; each row takes the strongest away that the row before had. */
const LADDER = ["flags", "packet", "session", "environment", "project", "user", "role or default"] as const;

describe("a value comes from the strongest that says it", () => {
  const VALUES: [key: keyof Draft, said: Partial<Record<(typeof LADDER)[number], [value: unknown, source: string]>>][] =
    [
      [
        "reasoning",
        {
          flags: ["low", "--reasoning"],
          packet: ["minimal", "packet packet.md"],
          session: ["xhigh", `session ${BROKER_ID}`],
          environment: ["e", "ASK_CODEX_REASONING"],
          project: ["p", PROJECT],
          user: ["u", USER],
          "role or default": ["medium", "role writer"],
        },
      ],
      [
        "model",
        {
          flags: ["m-flag", "--model"],
          packet: ["m-packet", "packet packet.md"],
          session: ["m-session", `session ${BROKER_ID}`],
          environment: ["m-env", "ASK_CODEX_MODEL"],
          project: ["m-project", PROJECT],
          user: ["m-user", USER],
        },
      ],
      [
        "timeoutS",
        {
          flags: [1, "--timeout"],
          packet: [2, "packet packet.md"],
          environment: [3, "ASK_CODEX_TIMEOUT"],
          project: [4, PROJECT],
          user: [5, USER],
          "role or default": [600, "default"],
        },
      ],
      [
        "verify",
        {
          flags: [["flag"], "--verify"],
          packet: [["npm run packet"], "packet packet.md"],
          project: [["project"], PROJECT],
          user: [["user"], USER],
        },
      ],
    ];
  const FLAGS: AskFlags = { reasoning: "low", model: "m-flag", timeout: 1, verify: ["flag"] };
  const SESSION = { reasoning: "xhigh", model: "m-session" };
  const ENV = { ASK_CODEX_REASONING: "e", ASK_CODEX_MODEL: "m-env", ASK_CODEX_TIMEOUT: "3" };
  const settings = (name: string, timeout: number) =>
    front(`reasoning: ${name[0]}`, `model: m-${name}`, `timeout: ${timeout}`, `verify: [${name}]`);

  it.each(VALUES.flatMap(([key, said]) => LADDER.map((from, at) => [key, from, at, said] as const)))(
    "%s, from %s down",
    async (key, _, at, said) => {
      const left = new Set<string>(LADDER.slice(at));
      const { dir, collect } = world({
        [PACKET]: front(
          "goal: g",
          ...(left.has("packet")
            ? ["reasoning: minimal", "model: m-packet", "timeout: 2", "verify: [npm run packet]"]
            : []),
        ),
        ...(left.has("project") ? { [PROJECT]: settings("project", 4) } : {}),
        ...(left.has("user") ? { [USER]: settings("user", 5) } : {}),
      });
      const found = await collect({
        flags: { packet: "packet.md", ...(left.has("flags") ? FLAGS : {}) },
        session: left.has("session") ? SESSION : undefined,
        env: left.has("environment") ? ENV : {},
      });
      const [value, source] = LADDER.slice(at).flatMap((from) => (said[from] ? [said[from]] : []))[0] ?? [];
      expect([found.values[key], found.sources[key]]).toEqual([
        value,
        source?.endsWith(".md") && !source.startsWith("packet") ? join(dir, source) : source,
      ]);
    },
  );

  it("is by default what DESIGN says", async () => {
    const { values, settings, roleNamed } = await world().collect();
    expect(values).toEqual({
      goal: "do it",
      role: "writer",
      reasoning: "medium",
      timeoutS: 600,
      idleTimeoutS: 180,
      verifyTimeoutS: 300,
      maxSteps: 0,
      engine: "app-server",
    });
    expect([settings.deny, settings.volatile, settings.delegate, roleNamed]).toEqual([[], [], undefined, false]);
  });
});

describe("the role", () => {
  it.each<[name: string, said: Said, role: string, reasoning: string | undefined, named: boolean]>([
    ["by default", {}, "writer", "medium", false],
    ["from a flag", { flags: { role: "debugger" } }, "debugger", "high", true],
    ["from an alias", { flags: { role: "worker" } }, "worker", "medium", true],
    ["from --read-only", { flags: { "read-only": true } }, "scout", undefined, true],
    ["from the packet", { flags: { packet: "packet.md" } }, "reviewer", "high", true],
    ["from the session", { session: { role: "scout" } }, "scout", undefined, false],
    ["from a flag over the session", { flags: { role: "scout" }, session: {} }, "scout", undefined, true],
    ["from a flag over the packet", { flags: { role: "debugger", packet: "packet.md" } }, "debugger", "high", true],
  ])("%s", async (_, said, role, reasoning, named) => {
    const { values, roleNamed } = await world({ [PACKET]: front("goal: g", "role: reviewer") }).collect(said);
    expect([values.role, roleNamed]).toEqual([role, named]);
    if (reasoning !== undefined) expect(values.reasoning).toBe(reasoning);
  });

  it("that is none is refused", async () => {
    await expect(world().collect({ flags: { role: "boss" } })).rejects.toEqual(usage(/there is no role "boss"/));
  });

  it.each<[role: string, verify: string[] | undefined, base: boolean | undefined]>([
    ["writer", ["npm test"], true],
    ["debugger", ["npm test"], true],
    ["scout", undefined, undefined],
    ["reviewer", undefined, undefined],
    ["verifier", undefined, undefined],
    ["synthesizer", undefined, undefined],
  ])("%s has the checks of the settings only if it writes", async (role, verify, base) => {
    for (const path of [PROJECT, USER]) {
      const { collect } = world({ [path]: front("verify: [npm test]", "verify_base: yes", "timeout: 5") });
      const { values } = await collect({ flags: { role } });
      expect([values.verify, values.verifyBase, values.timeoutS]).toEqual([verify, base, 5]);
    }
  });

  it("that reads has the checks that it was given", async () => {
    const { collect } = world({ [PROJECT]: front("verify: [npm test]") });
    const { values } = await collect({ flags: { role: "verifier", verify: ["npm run lint"] } });
    expect(values.verify).toEqual(["npm run lint"]);
  });
});

describe("settings beyond the packet", () => {
  it("are merged: what either closes is closed, what either leaves out is left out", async () => {
    const { settings } = await world({
      [PROJECT]: front("deny: [a/, b]", "volatile: ['*.log']", "delegate: no"),
      [USER]: front("deny: [~/c]", "volatile: [dist/]", "delegate: yes"),
    }).collect();
    expect(settings).toMatchObject({ deny: ["a/", "b", "~/c"], volatile: ["*.log", "dist/"], delegate: false });
  });

  it.each([
    [PROJECT, true],
    [USER, false],
  ])("may be in one place alone: %s", async (path, delegate) => {
    const { settings } = await world({ [path]: front("deny: [x]", `delegate: ${delegate ? "yes" : "no"}`) }).collect();
    expect(settings).toMatchObject({ deny: ["x"], volatile: [], delegate });
  });

  it.each([PROJECT, USER])("that can't be used stop the run: %s", async (path) => {
    await expect(world({ [path]: front("network: yes") }).collect()).rejects.toEqual(usage(/network/));
    await expect(world({ [path]: "no front matter" }).collect()).rejects.toEqual(usage(/front matter/));
    const { dir, collect } = world();
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    symlinkSync("nowhere", join(dir, path));
    await expect(collect()).rejects.toEqual(usage(/symbolic link/));
  });

  it("of another workspace are not read", async () => {
    const { settings } = await world({ "other/.claude/ask-codex.local.md": front("deny: [x]") }).collect();
    expect(settings.deny).toEqual([]);
  });
});

describe("the place", () => {
  it.each<[name: string, said: Said, callerDir: string, workspace: string]>([
    ["the current directory", { cwd: "repo/src" }, "repo/src", "repo"],
    ["a flag", { flags: { workspace: "../other" } }, "other", "other"],
    ["the packet", { flags: { packet: "packet.md" } }, "other", "other"],
    ["a flag over the packet", { flags: { packet: "packet.md", workspace: "src" } }, "repo/src", "repo"],
    ["the session", { session: {}, cwd: "other" }, "repo", "repo"],
    ["the session, from within it", { session: {}, cwd: "repo/src" }, "repo/src", "repo"],
    [
      "the session, and a flag that agrees",
      { session: {}, cwd: "other", flags: { workspace: "../repo/src" } },
      "repo/src",
      "repo",
    ],
  ])("from %s", async (_, said, callerDir, workspace) => {
    const { dir, collect } = world({ [PACKET]: front("goal: g", "workdir: ../other") });
    const { place } = await collect(said);
    expect(place).toEqual({ callerDir: join(dir, callerDir), workspace: join(dir, workspace), git: true });
  });

  it.each<[name: string, flags: AskFlags]>([
    ["--workspace ../other", { workspace: "../other" }],
    ["packet packet.md ../other", { packet: "packet.md" }],
  ])("can't be another than the session's: %s", async (name, flags) => {
    const { collect } = world({ [PACKET]: front("goal: g", "workdir: ../other") });
    await expect(collect({ session: {}, flags })).rejects.toEqual(
      expect.objectContaining({
        kind: "usage",
        message: expect.stringContaining(`but the call asks for ${name} (it is `),
      }),
    );
  });
});

describe("what stands for a goal", () => {
  const PLAN =
    "# Plan\n\n## U1. First\n\nGoal: make it so\n\nFiles:\n- Modify: `src/a.ts`\n\nExecution target: external-delegate\n";

  it("is the unit of a plan", async () => {
    const { values, sources } = await world({ "repo/plan.md": PLAN }).collect({
      flags: { plan: "plan.md", "task-id": "U1" },
      goal: undefined,
    });
    expect(values.goal).toContain("make it so");
    expect(sources.goal).toBe("unit U1 of plan.md");
  });

  it.each<[name: string, flags: AskFlags, goal: string | undefined]>([
    ["a goal", { plan: "plan.md", "task-id": "U1" }, "do it"],
    ["a packet", { plan: "plan.md", "task-id": "U1", packet: "packet.md" }, undefined],
  ])("is not the unit where there is %s", async (_, flags, goal) => {
    const { collect } = world({ "repo/plan.md": PLAN, [PACKET]: front("goal: do it") });
    expect((await collect({ flags, goal })).values).toMatchObject({ goal: "do it", plan: "plan.md", taskId: "U1" });
  });

  it("is not known where only a plan is named", async () => {
    const { collect } = world({ "repo/plan.md": PLAN });
    await expect(collect({ flags: { plan: "plan.md" }, goal: undefined })).rejects.toEqual(
      usage(/^--plan needs a goal, or a unit of the plan with --task-id$/),
    );
  });
});
