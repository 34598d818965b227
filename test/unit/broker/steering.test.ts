import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSteering } from "../../../src/broker/steering.ts";
import { readQueue } from "../../../src/broker/store/queue.ts";
import { newSession } from "./store/new-session.ts";

const RUN = "r-20261121-051103-now1";

/** A session with a message that is to be steered, and Codex's answer in the hand of the test. */
function world() {
  const session = newSession();
  session.broker();
  const message = session.message(1, { delivery: "steer" });
  const steering = createSteering(session.ref);
  let take: (taken: boolean) => void = () => {};
  const put = () =>
    steering.put(
      message,
      () =>
        new Promise<boolean>((resolve) => {
          take = resolve;
        }),
    );
  const state = () => readQueue(session.ref).map((one) => [one.state, one.run_id, one.why] as const)[0];
  return { session, message, steering, put, take: (taken: boolean) => take(taken), state };
}

const WAITS = ["queued", null, expect.stringMatching(/waits for its own/)];

describe("a message that is put into the turn", () => {
  it("is pending until Codex says that the model has it", async () => {
    const { message, steering, put, take, state } = world();
    const steered = put();
    expect(steering.has(message.message_id)).toBe(true);
    expect(state()).toEqual(["queued", null, null]);
    take(true);
    expect(await steered).toBe(true);
    expect(steering.has(message.message_id)).toBe(true);
    steering.consumed(message.message_id, RUN);
    expect(steering.has(message.message_id)).toBe(false);
    expect(state()).toEqual(["consumed", RUN, null]);
  });

  it("has its text and its id from the message", async () => {
    const { message, steering } = world();
    const asked: string[] = [];
    await steering.put(message, async (id, text) => asked.push(id, text) > 0);
    expect(asked).toEqual([message.message_id, message.text]);
  });

  it("waits for its own turn when Codex refuses it", async () => {
    const { message, steering, put, take, state } = world();
    const steered = put();
    take(false);
    expect(await steered).toBe(false);
    expect(steering.has(message.message_id)).toBe(false);
    expect(state()).toEqual(WAITS);
  });

  it("is steered though Codex says so before it answers", async () => {
    const { message, steering, put, take, state } = world();
    const steered = put();
    steering.consumed(message.message_id, RUN);
    take(true);
    expect(await steered).toBe(true);
    expect(state()).toEqual(["consumed", RUN, null]);
  });
});

describe("the end of the turn", () => {
  it("leaves alone what was consumed", async () => {
    const { message, steering, put, take, state } = world();
    const steered = put();
    take(true);
    await steered;
    steering.consumed(message.message_id, RUN);
    steering.release("r-later", false);
    expect(state()).toEqual(["consumed", RUN, null]);
  });

  it.each([
    ["was cut", false],
    ["completed, and Codex tells what it gives to the model", true],
  ])("lets wait what the model did not get: the turn %s", async (_, completed) => {
    const { steering, put, take, state } = world();
    if (completed) steering.consumed("another message", RUN);
    const steered = put();
    take(true);
    expect(await steered).toBe(true);
    steering.release(RUN, completed);
    expect(state()).toEqual(WAITS);
  });

  it("takes it as given by an older Codex, which tells nothing, when the turn completed", async () => {
    const { steering, put, take, state } = world();
    const steered = put();
    take(true);
    await steered;
    steering.release(RUN, true);
    expect(state()).toEqual(["consumed", RUN, null]);
  });

  it.each([true, false])(
    "before Codex has answered: the message waits, whatever is answered then (%s)",
    async (taken) => {
      const { steering, put, take, state } = world();
      const steered = put();
      steering.release(RUN, true);
      expect(state()).toEqual(WAITS);
      take(taken);
      expect(await steered).toBe(false);
      expect(state()).toEqual(WAITS);
    },
  );

  it("releases each of several", async () => {
    const { session, steering, state } = world();
    const messages = [2, 3].map((number) => session.message(number, { delivery: "steer" }));
    await Promise.all(messages.map((message) => steering.put(message, async () => true)));
    steering.consumed(messages[0]?.message_id ?? "", RUN);
    steering.release(RUN, true);
    expect(readQueue(session.ref).map((one) => one.state)).toEqual(["queued", "consumed", "queued"]);
    expect(state()).toEqual(["queued", null, null]);
    expect(messages.some((message) => steering.has(message.message_id))).toBe(false);
  });
});

describe("a queue that can't be written", () => {
  const broken = () => {
    const { session, ...rest } = world();
    return {
      ...rest,
      session,
      breakIt() {
        renameSync(join(session.dir, "queue"), join(session.dir, "gone"));
        writeFileSync(join(session.dir, "queue"), "");
      },
    };
  };

  it("is said where a message was consumed: it must not run a second time", async () => {
    const { message, steering, put, take, breakIt } = broken();
    const steered = put();
    take(true);
    await steered;
    breakIt();
    expect(() => steering.consumed(message.message_id, RUN)).toThrow();
    expect(steering.has(message.message_id)).toBe(false);
  });

  it("is nobody's business where it waits: that is what its file says anyway", async () => {
    const { session, steering, put, take, breakIt } = broken();
    const steered = put();
    breakIt();
    take(false);
    expect(await steered).toBe(false);
    steering.release(RUN, false);
    expect(readdirSync(join(session.dir, "gone"))).toContain("1.json");
  });
});
