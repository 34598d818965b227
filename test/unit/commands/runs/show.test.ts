import { expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/main.ts";
import { runs } from "../../../../src/commands/runs/runs.ts";
import { countEnd } from "../../../../src/gate/breaker.ts";
import { ALIVE, newSession } from "../../broker/store/new-session.ts";
import { sampleIo } from "../../cli/sample-command.ts";
import { idOf, listWorld } from "./list-world.ts";

const RESETS = "2030-01-02T18:40:09.000Z";

async function show(home: string, id: string, ...more: string[]) {
  const io = sampleIo(["show", id, ...more], { env: { ASK_CODEX_HOME: home } });
  const code = await runCommand(runs, io);
  return { code, out: io.out(), lines: io.out().split("\n") };
}

test("a run that has ended says who did the work, and what went on around it", async () => {
  const { home, over } = listWorld();
  const quota = { known: true, window: "primary", used_percent: 43, resets_at: RESETS, forced: true } as const;
  const failed = [{ channel: "url", event: "finished", reason: "it answered\n500" }];
  over(
    idOf(1),
    {
      model: "gpt-5.5",
      reasoning: "high",
      engine: { name: "app-server", requested: "app-server", codex_version: "0.169.0" },
      review: { verdict: "unverified", exit_code: 6, reason: "npm test failed", answer: "" },
      notifications: { sent: 3, failed, pending: false },
      quota,
    },
    { key: "unit-3" },
  );
  const { code, lines } = await show(home, idOf(1));
  expect(code).toBe(0);
  expect(lines.slice(0, 10)).toEqual([
    `run_id=${idOf(1)}`,
    "state=ended",
    "role=writer",
    "model=gpt-5.5",
    "reasoning=high",
    "codex_version=0.169.0",
    "key=unit-3",
    "quota=primary 43% resets 2030-01-02 18:40Z forced",
    "first_turn=unverified",
    "notifications=sent:3 failed:1 (url, finished: it answered 500)",
  ]);
  expect(JSON.parse((await show(home, idOf(1), "--json")).out)).toMatchObject({
    run_id: idOf(1),
    key: "unit-3",
    quota,
  });
});

test("what nobody knows is unknown, and an old record has no more lines than it has fields", async () => {
  const { home, over } = listWorld();
  over(idOf(1), { quota: { known: false, window: null, used_percent: null, resets_at: null, forced: false } });
  expect((await show(home, idOf(1))).lines.slice(2, 8)).toEqual([
    "role=writer",
    "model=unknown",
    "reasoning=default",
    "codex_version=unknown",
    "quota=unknown",
    expect.stringMatching(/^session_id=/),
  ]);
});

test("a run that waits says what for; the key of its session is told", async () => {
  const { home, live } = listWorld();
  live(idOf(1), { state: "queued", waiting: { for: "slot", ahead: 3, until: null } });
  expect((await show(home, idOf(1))).lines).toContain("waiting=3 before it");
  live(idOf(2), { state: "queued", waiting: { for: "quota", ahead: null, until: RESETS } });
  expect((await show(home, idOf(2))).lines).toContain("waiting=parked until 2030-01-02 18:40Z");
  const session = newSession({ home });
  session.broker({ key: "nightly" });
  session.run(idOf(3), { owner: ALIVE });
  expect((await show(home, idOf(3))).lines).toContain("session_key=nightly");
  expect(JSON.parse((await show(home, idOf(3), "--json")).out)).toMatchObject({ session_key: "nightly", model: null });
});

test("the breaker of the workspace stands above the list while it is not closed", async () => {
  const { home, workspace, list, over } = listWorld();
  over(idOf(1));
  expect((await list()).out).not.toContain("breaker");
  for (const at of [1, 2, 3])
    countEnd(home, workspace, { runId: idOf(at), verdict: "fatal", reason: "not\nlogged in" }, new Date());
  expect((await list()).out).toMatch(
    /^breaker=open until \d{4}-\d\d-\d\d \d\d:\d\dZ: 3 fatal in a row \(not logged in\)\nrun /,
  );
  expect(JSON.parse((await list("--json")).out).breaker).toMatchObject({ state: "open", fatal_in_a_row: 3 });
  expect(JSON.parse((await list("--json", "--all")).out).breaker).toBeNull();
});
