import { describe, expect, it } from "vitest";
import { type AskedTurn, askForTurn } from "../../../../src/engine/app-server/asked-turn.ts";

/** What has become of it by now: both promises are settled before the next task. */
async function look(turn: AskedTurn): Promise<{ begun: boolean; over: string | false }> {
  const seen: { begun: boolean; over: string | false } = { begun: false, over: false };
  void turn.begun.then(() => {
    seen.begun = true;
  });
  turn.over.then(
    () => {
      seen.over = "ended";
    },
    (error: Error) => {
      seen.over = error.message;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return seen;
}

describe("a turn that was asked for", () => {
  it("has no id at first", async () => {
    const turn = askForTurn();
    expect(turn.id).toBeUndefined();
    expect(await look(turn)).toEqual({ begun: false, over: false });
  });

  it("has begun when it has its id", async () => {
    const turn = askForTurn();
    turn.begin("01b2");
    expect(turn.id).toBe("01b2");
    expect(await look(turn)).toEqual({ begun: true, over: false });
    turn.end();
    expect(await look(turn)).toEqual({ begun: true, over: "ended" });
    expect(turn.id).toBe("01b2");
  });

  it("keeps nobody waiting for its beginning when it is over", async () => {
    const [ended, failed] = [askForTurn(), askForTurn()];
    ended.end();
    failed.fail(new Error("Codex was killed"));
    expect(await look(ended)).toEqual({ begun: true, over: "ended" });
    expect(await look(failed)).toEqual({ begun: true, over: "Codex was killed" });
  });

  it("is over once", async () => {
    const turn = askForTurn();
    turn.end();
    turn.fail(new Error("too late"));
    expect(await look(turn)).toEqual({ begun: true, over: "ended" });
  });

  it("may fail though nobody waits for it", async () => {
    askForTurn().fail(new Error("nobody hears this"));
    // An unheard rejection would fail the test run.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
