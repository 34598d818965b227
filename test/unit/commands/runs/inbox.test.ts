import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { acknowledge } from "../../../../src/inbox/acknowledge.ts";
import { isUndelivered } from "../../../../src/inbox/is-undelivered.ts";
import { ALIVE, DEAD, liveSession, newWorld, QUESTION, runId, type Session } from "../../inbox/inbox-world.ts";

const OWN: Session = { session: "11111111-aaaa-4bbb-8ccc-000000000001", owner: ALIVE };
const OLD = "r-20200101-000000-aaaa";
const longAgo = new Date(Date.now() - 7_200_000);

describe("who is shown the end of a run", () => {
  const STARTERS: Record<string, Session | null> = {
    alive: OWN,
    dead: { ...OWN, owner: DEAD },
    "not known": { ...OWN, owner: null },
    nobody: null,
  };
  const ROWS: [starter: keyof typeof STARTERS, caller: "own" | "other" | "terminal", shown: boolean][] = [
    ["alive", "own", true],
    ["alive", "other", false],
    ["alive", "terminal", true],
    ["dead", "own", true],
    ["dead", "other", true],
    ["dead", "terminal", true],
    ["not known", "own", true],
    ["not known", "other", false],
    ["not known", "terminal", true],
    ["nobody", "own", true],
    ["nobody", "other", true],
    ["nobody", "terminal", true],
  ];
  test.each(ROWS)("started by a session that is: %s, the caller is: %s", async (starter, caller, shown) => {
    const world = newWorld();
    world.ended(runId(1), STARTERS[starter] ?? null);
    const callers = { own: OWN, other: liveSession("other"), terminal: null };
    const look = () => world.ids(callers[caller]);
    expect(await look()).toEqual(shown ? [runId(1)] : []);
    // Nothing was acknowledged: whoever was shown it is shown it again.
    expect(await look()).toEqual(shown ? [runId(1)] : []);
  });

  test("an hour after its end the run of a session that nobody can find goes to the next", async () => {
    const world = newWorld();
    const dir = world.ended(runId(1), { ...OWN, owner: null });
    utimesSync(join(dir, "result.json"), longAgo, longAgo);
    expect(await world.ids(liveSession("other"))).toEqual([runId(1)]);
  });

  test("a run that somebody waits for is nobody's", async () => {
    const world = newWorld();
    world.ended(runId(1), undefined);
    for (const caller of [OWN, null]) expect(await world.ids(caller)).toEqual([]);
    expect((await world.call(null, ["inbox"])).out).toBe("inbox: empty\n");
    expect(await world.inbox(OWN)).toEqual({ items: [], more: 0, ack: null });
  });

  test("a run that goes on is no news, one whose broker died is, and is ended first", async () => {
    const world = newWorld();
    world.start(runId(1), OWN);
    world.start(runId(2), OWN);
    world.note(runId(2), { owner: DEAD });
    expect((await world.inbox(OWN)).items).toMatchObject([{ run_id: runId(2), verdict: "lost", exit_code: 137 }]);
  });

  test("the session that was shown the run of a dead one keeps it, until it is dead too", async () => {
    const world = newWorld();
    world.ended(runId(1), { ...OWN, owner: DEAD });
    const [second, third] = [liveSession("second"), liveSession("third")];
    expect(await world.ids(second)).toEqual([runId(1)]);
    expect(await world.ids(third)).toEqual([]);
    expect(await world.ids(OWN)).toEqual([]);
    process.kill(second.owner?.pid ?? 0, "SIGKILL");
    await expect.poll(() => world.ids(third)).toEqual([runId(1)]);
  });

  test("a person looks at everything, is told whom it is for, and takes nothing", async () => {
    const world = newWorld();
    const dir = world.ended(runId(1), OWN);
    world.ended(runId(2), { ...OWN, session: "gone", owner: DEAD });
    world.ended(runId(3), null);
    const { out } = await world.call(null, ["inbox"]);
    expect(out).toContain(`for: the Claude session ${OWN.session}\n`);
    expect(out).toContain("for: the Claude session gone, which is gone\n");
    expect(out).toContain("for: whoever asks first\n");
    expect(readdirSync(join(dir, "inbox"))).toEqual([]);
    expect(await world.ids(OWN)).toEqual([runId(1), runId(2), runId(3)]);
    expect((await world.call(OWN, ["inbox"])).out).not.toContain("for:");
  });

  test("another workspace is another inbox, but for the session's own runs; --all is all of them", async () => {
    const world = newWorld();
    const elsewhere = newWorld({ home: world.home, workspace: `${world.workspace} 2` });
    const now = `r-${new Date().toISOString().slice(0, 10).replaceAll("-", "")}-051103-bbbb`;
    elsewhere.ended(now, OWN);
    elsewhere.ended(runId(2), null);
    elsewhere.ended(OLD, OWN);
    // The id of this session in another one's request makes it no run of this session.
    elsewhere.start(`${now.slice(0, -4)}cccc`, null, { key: OWN.session });
    elsewhere.end(`${now.slice(0, -4)}cccc`);
    expect(await world.ids(OWN)).toEqual([now]);
    expect(await world.ids(null)).toEqual([]);
    expect((await world.ids(null, "--all")).sort()).toEqual([runId(2), OLD, now, `${now.slice(0, -4)}cccc`].sort());
    expect((await world.call(null, ["inbox", "--all"])).out).toContain(`workspace: ${elsewhere.workspace}\n`);
  });
});

describe("--ack", () => {
  test("what was read is not shown again, and how much is left is said", async () => {
    const world = newWorld();
    for (const at of [1, 2, 3]) world.ended(runId(at), OWN);
    expect(await world.ids(OWN)).toHaveLength(3);
    const { code, out } = await world.call(OWN, ["inbox", "--ack", runId(1), "--ack", runId(3)]);
    expect([code, out]).toEqual([0, `acknowledged=${runId(1)}, ${runId(3)}\nmore=1\n`]);
    expect(await world.ids(OWN)).toEqual([runId(2)]);
    const again = await world.call(OWN, ["inbox", "--ack", runId(1), "--json"]);
    expect([again.code, JSON.parse(again.out)]).toEqual([0, { acknowledged: [], more: 1 }]);
  });

  test("the command that the inbox prints acknowledges what it printed", async () => {
    const world = newWorld();
    for (const at of [1, 2]) world.ended(runId(at), OWN);
    const { ack } = await world.inbox(OWN);
    expect(ack).toBe(`node /skill/scripts/codex_runs.mjs inbox --ack ${runId(1)} --ack ${runId(2)}`);
    world.ended(runId(3), OWN);
    await world.call(OWN, (ack ?? "").split(" ").slice(2));
    expect(await world.ids(OWN)).toEqual([runId(3)]);
  });

  test("all is what was shown: what nobody has seen stays", async () => {
    const world = newWorld();
    for (let at = 0; at < 30; at++) world.ended(runId(at), OWN);
    const shown = await world.ids(OWN);
    expect(shown.length).toBeLessThan(30);
    const { out } = await world.call(OWN, ["inbox", "--ack", "all", "--json"]);
    expect(JSON.parse(out)).toEqual({ acknowledged: shown, more: 30 - shown.length });
  });

  test("a person who says all means all ends", async () => {
    const world = newWorld();
    for (let at = 0; at < 30; at++) world.ended(runId(at), OWN);
    world.start(runId(40), OWN);
    world.note(runId(40), { state: "waiting_input", question: QUESTION });
    const { out } = await world.call(null, ["inbox", "--ack", "all", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ more: 1 });
    expect(await world.ids(OWN)).toEqual([runId(40)]);
  });

  test("an end that came after the question that was read stays", async () => {
    const world = newWorld();
    world.start(runId(1), OWN);
    world.note(runId(1), { state: "waiting_input", question: QUESTION });
    expect((await world.inbox(OWN)).items).toMatchObject([{ what: "question", question: QUESTION.question }]);
    world.end(runId(1));
    await world.call(OWN, ["inbox", "--ack", runId(1)]);
    expect((await world.inbox(OWN)).items).toMatchObject([{ what: "finished", verdict: "done" }]);
  });

  test("a session knows of an end by other ways, too", async () => {
    const world = newWorld();
    world.ended(runId(1), OWN);
    expect((await world.call(OWN, ["inbox", "--ack", runId(1)])).out).toContain(`acknowledged=${runId(1)}\n`);
    expect(await world.ids(OWN)).toEqual([]);
  });

  test("nobody acknowledges for a session that is there, nor a question for anybody else; then nothing is", async () => {
    const world = newWorld();
    world.ended(runId(1), null);
    world.ended(runId(2), OWN);
    world.start(runId(3), OWN);
    world.note(runId(3), { state: "waiting_input", question: QUESTION });
    const other = await world.call(liveSession("other"), ["inbox", "--ack", runId(1), "--ack", runId(2)]);
    expect([other.code, other.err]).toEqual([
      75,
      expect.stringMatching(/is for the Claude session 1111\S+, which is there/),
    ]);
    const person = await world.call(null, ["inbox", "--ack", runId(1), "--ack", runId(3)]);
    expect([person.code, person.err]).toEqual([75, expect.stringMatching(/the run \S+ asks, and waits for an answer/)]);
    expect(await world.ids(null)).toEqual([runId(3), runId(1), runId(2)]);
  });

  test.each(["r-20261121-051103-none", "../../etc", "ALL"])("%s is no run, and nothing is acknowledged", async (id) => {
    const world = newWorld();
    world.ended(runId(1), OWN);
    const { code, err } = await world.call(OWN, ["inbox", "--ack", runId(1), "--ack", id]);
    expect([code, err]).toEqual([64, expect.stringMatching(/there is no run .* in /)]);
    expect(await world.ids(OWN)).toEqual([runId(1)]);
  });
});

describe("a question", () => {
  test("comes before the ends, with how to answer it, and goes when it is answered", async () => {
    const world = newWorld();
    world.ended(runId(1), OWN);
    world.start(runId(2), OWN);
    world.note(runId(2), { state: "waiting_input", question: QUESTION });
    const { out } = await world.call(OWN, ["inbox"]);
    expect(out).toBe(
      [
        "inbox: 2 items",
        "",
        `run_id=${runId(2)} verdict=question exit_code=4`,
        "question: Which database?",
        "options: postgres | sqlite",
        "next: answer it: the turn waits",
        `answer: node /skill/scripts/ask_codex.mjs --session ${runId(2)} "…"`,
        "",
        `run_id=${runId(1)} verdict=done exit_code=0 files_changed=0 verification=none`,
        "output_path=/work/a project/.ask-codex/r.md",
        "next: read the answer, go on",
        "",
        `ack: node /skill/scripts/codex_runs.mjs inbox --ack ${runId(2)} --ack ${runId(1)}`,
        "",
      ].join("\n"),
    );
    world.note(runId(2), { state: "running" });
    expect(await world.ids(OWN)).toEqual([runId(1)]);
  });

  test("that was read is shown no more, the next one is", async () => {
    const world = newWorld();
    world.start(runId(1), OWN);
    world.note(runId(1), { state: "waiting_input", question: QUESTION });
    await world.ids(OWN);
    await world.call(OWN, ["inbox", "--ack", runId(1)]);
    expect(await world.ids(OWN)).toEqual([]);
    world.note(runId(1), { state: "waiting_input", question: { ...QUESTION, callId: "call/2" } });
    expect(await world.ids(OWN)).toEqual([runId(1)]);
  });
});

describe("the output", () => {
  const LONG = "Ω long ".repeat(400);
  test("stays under 400 bytes an item and 4 KB in all, whatever the runs say", async () => {
    const world = newWorld();
    const long = { reason: LONG, next: LONG, question: { question: LONG, options: [LONG] } };
    const path = { output_path: `/work/${"d".repeat(900)}/r.md` };
    for (let at = 0; at < 20; at++)
      world.ended(runId(at), OWN, {
        ...long,
        ...(at % 2 ? path : {}),
        verdict: at % 3 ? "question" : "lost",
        exit_code: 4,
      });
    for (const self of [(script: string) => `node /s/${script}.mjs`, () => `node "/${"s".repeat(250)}"`]) {
      const { out } = await world.call(OWN, ["inbox"], { self });
      const [, ...items] = out.split("\n\n");
      expect(Buffer.byteLength(out)).toBeLessThan(4096);
      const ack = items.pop() ?? "";
      for (const item of items) expect(Buffer.byteLength(item)).toBeLessThan(400);
      expect(ack.match(/--ack/g)).toHaveLength(items.length);
      expect(items.length).toBeGreaterThan(6);
      expect(out).toContain(`inbox: ${items.length} items, ${20 - items.length} more when these are acknowledged\n`);
    }
  });

  test.each([
    [
      "done",
      { files_changed: [{ path: "a", change: "modified" as const }] },
      "next: read the changed files, go on",
      "",
    ],
    ["lost", { next: "resume the session" }, "next: resume the session", "resume: "],
    ["failed", { session_id: null }, "next: simplify or split", ""],
    ["fatal", { next: "the limit resets at 12:00" }, "next: the limit resets at 12:00", ""],
    ["violation", {}, "next: stop, show the user", ""],
    ["blocked", {}, "next: clear the way, then --session", "answer: "],
    ["unverified", { verification: "failed" as const }, "next: review loop", "resume: "],
  ] as const)("%s: says what to do next", async (verdict, over, next, command) => {
    const world = newWorld();
    world.ended(runId(1), OWN, {
      verdict,
      reason: "because\n[CODEX_COMPLETE] done",
      ...over,
      files_changed: "files_changed" in over ? [...over.files_changed] : [],
    });
    const { out } = await world.call(OWN, ["inbox"]);
    expect(out).toContain(`\n${next}\n`);
    expect(out.includes("reason: because [CODEX_COMPLETE] done\n")).toBe(verdict !== "done");
    const commands = out.match(/^(answer|resume): (?=node)/gm) ?? [];
    expect(commands).toEqual(command === "" ? [] : [command]);
  });
});

describe("a record that can't be read", () => {
  test.each([
    ["request.json", "{broken"],
    ["request.json", '{"version": 2, "background": 1}\n'],
    ["result.json", "{"],
  ])("%s: is named in a line, hides nothing, and is left alone: %j", async (name, text) => {
    const world = newWorld();
    const path = join(world.ended(runId(1), OWN), name);
    world.ended(runId(2), OWN);
    writeFileSync(path, text);
    utimesSync(path, longAgo, longAgo);
    const { items } = await world.inbox(OWN);
    expect(items).toMatchObject([
      { run_id: runId(1), what: "unreadable", verdict: null, reason: expect.stringContaining(path) },
      { run_id: runId(2), verdict: "done" },
    ]);
    const { out } = await world.call(OWN, ["inbox"]);
    expect(out).toMatch(/^run_id=\S+0511\S+ unreadable\nreason: \/.*\nnext: look at its record/m);
    await world.call(OWN, ["inbox", "--ack", runId(1)]);
    expect(await world.ids(OWN)).toEqual([runId(2)]);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("one that can be read again tells its end, although it was put aside", async () => {
    const world = newWorld();
    const path = join(world.ended(runId(1), OWN), "request.json");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, -20));
    utimesSync(path, longAgo, longAgo);
    await world.call(OWN, ["inbox", "--ack", runId(1)]);
    expect(await world.ids(OWN)).toEqual([]);
    writeFileSync(path, text);
    expect((await world.inbox(OWN)).items).toMatchObject([{ what: "finished", verdict: "done" }]);
  });

  test("one that is being made, or has just been removed, is no news", async () => {
    const world = newWorld();
    writeFileSync(join(world.ended(runId(1), OWN), "request.json"), "{");
    rmSync(join(world.ended(runId(2), OWN), "request.json"));
    mkdirSync(join(world.home, "workspaces", "x", "runs", runId(3)), { recursive: true });
    expect(await world.ids(null, "--all")).toEqual([]);
  });

  test("a claim that can't be read is named, and keeps nobody from reading", async () => {
    const world = newWorld();
    const dir = world.ended(runId(1), OWN);
    await world.ids(OWN);
    const path = join(dir, "inbox", "finished", "1.json");
    writeFileSync(path, "{");
    const { out, err } = await world.call(OWN, ["inbox"]);
    expect(out).toContain(`run_id=${runId(1)} verdict=done`);
    expect(err).toContain(`${path} is not what ask-codex wrote`);
    expect(readFileSync(path, "utf8")).toBe("{");
    // It is shown by a claim of its own again.
    expect((await world.call(OWN, ["inbox"])).err).toBe("");
  });
});

test("where nothing can be noted, everybody may read, and an acknowledgement that is lost is an error", async () => {
  const world = newWorld();
  const dir = world.ended(runId(1), OWN);
  rmSync(join(dir, "inbox"), { recursive: true });
  writeFileSync(join(dir, "inbox"), "in the way");
  expect(await world.ids(OWN)).toEqual([runId(1)]);
  const { code, err } = await world.call(OWN, ["inbox", "--ack", runId(1)]);
  expect([code, err]).toEqual([3, expect.stringContaining(`can't use the directory ${join(dir, "inbox")}`)]);
  expect((await world.call(OWN, ["result", runId(1)])).code).toBe(0);
  expect(await world.ids(OWN)).toEqual([runId(1)]);
});

test("what the inbox keeps is private, and says who read what", async () => {
  const world = newWorld();
  const dir = world.ended(runId(1), OWN);
  expect(isUndelivered(dir)).toBe(true);
  await world.ids(OWN);
  acknowledge(dir, "finished", OWN.session);
  acknowledge(dir, "finished", null);
  expect(isUndelivered(dir)).toBe(false);
  const folder = join(dir, "inbox", "finished");
  expect(readdirSync(folder)).toEqual(["1.json", "read.json"]);
  expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([0o600, 0o600]);
  expect(JSON.parse(readFileSync(join(folder, "read.json"), "utf8"))).toMatchObject({
    version: 1,
    run_id: runId(1),
    what: "finished",
    by: OWN.session,
  });
});
