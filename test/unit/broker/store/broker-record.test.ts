import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  brokerPath,
  claimBroker,
  latestBroker,
  sessionDir,
  sessionPath,
  sessionRef,
  writeBroker,
} from "../../../../src/broker/store/broker-record.ts";
import { workspaceDir } from "../../../../src/sys/paths.ts";
import { AT, BROKER_ID, sampleBrokerRecord } from "../../core/samples.ts";
import { race } from "../../sys/race.ts";
import { ALIVE, END, newSession, plant, WORKSPACE } from "./new-session.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("a session's broker", () => {
  it("is none where no live session was begun", () => {
    expect(latestBroker(newSession().ref)).toBeUndefined();
  });

  it("comes back as it was written, in files for its user alone", () => {
    const { home, ref, dir } = newSession();
    const record = sampleBrokerRecord({ name: "auth", env: ["A"] });
    expect(claimBroker(ref, record, 0)).toBe(1);
    expect(latestBroker(ref)).toEqual({ number: 1, record });
    expect(dir).toBe(join(workspaceDir(home, WORKSPACE), "sessions", BROKER_ID));
    expect(sessionPath(ref)).toBe(`${dir}.json`);
    expect([brokerPath(ref, 1), join(dir, "brokers"), dir].map(modeOf)).toEqual(["600", "700", "700"]);
    expect(readdirSync(join(dir, "brokers"))).toEqual(["1.json"]);
  });

  it("is the last of many", () => {
    const { ref } = newSession();
    for (let after = 0; after < 11; after++)
      claimBroker(ref, sampleBrokerRecord({ name: `the ${after + 1}th` }), after);
    expect(latestBroker(ref)).toMatchObject({ number: 11, record: { name: "the 11th" } });
  });

  it("is written by its owner, and the ones before it stay as they were", () => {
    const { ref } = newSession();
    const record = sampleBrokerRecord();
    claimBroker(ref, record, 0);
    claimBroker(ref, record, 1);
    writeBroker(ref, 2, { ...record, owner: ALIVE, ended: END });
    expect(latestBroker(ref)?.record).toEqual({ ...record, owner: ALIVE, ended: END });
    expect(JSON.parse(readFileSync(brokerPath(ref, 1), "utf8"))).toEqual(record);
  });

  it("of another session is another one", () => {
    const { home, ref, broker } = newSession();
    broker();
    expect(latestBroker({ ...ref, brokerId: "b-20261121-051103-none" })).toBeUndefined();
    expect(latestBroker(sessionRef(home, "/elsewhere", BROKER_ID))).toBeUndefined();
  });

  it.each<[name: string, text: string | object, why: string]>([
    ["rubbish", "rubbish", "2.json is not what ask-codex wrote; it was left alone"],
    ["half a file", '{"version":1,"broker_id":"b-', "2.json is not what ask-codex wrote"],
    ["nothing", "", "2.json is not what ask-codex wrote"],
    ["a newer one", { ...sampleBrokerRecord(), version: 2 }, "2.json was written by a newer ask-codex (version 2)"],
  ])("that is %s is named and left alone, by the next one too", (_, text, why) => {
    const { ref, broker } = newSession();
    broker();
    plant(brokerPath(ref, 2), text);
    const before = readFileSync(brokerPath(ref, 2), "utf8");
    expect(() => latestBroker(ref)).toThrow(why);
    expect(() => claimBroker(ref, sampleBrokerRecord(), 1)).toThrow(why);
    expect(readFileSync(brokerPath(ref, 2), "utf8")).toBe(before);
  });

  it("is not moved by what else lies in its folder", () => {
    const { ref, dir, broker } = newSession();
    broker();
    for (const name of ["2.tmp", "2.lost.json", "notes.json", "03.json"])
      writeFileSync(join(dir, "brokers", name), "rubbish");
    expect(latestBroker(ref)?.number).toBe(1);
  });
});

describe("two brokers at once", () => {
  it.each([
    ["that is there", ALIVE, "auth", `the session auth is held by the broker process ${ALIVE.pid} since ${AT}`],
    [
      "that comes up",
      null,
      null,
      `the session ${BROKER_ID} is held by the broker that process 4242 starts since ${AT}`,
    ],
  ])("are one %s and a refused one, who leaves nothing behind", (_, owner, name, message) => {
    const { ref, broker } = newSession();
    broker({ owner, name });
    expect(() => claimBroker(ref, sampleBrokerRecord(), 0)).toThrow(
      expect.objectContaining({ kind: "refused", message, hint: expect.stringContaining("codex_broker stop") }),
    );
    expect(readdirSync(join(sessionDir(ref), "brokers"))).toEqual(["1.json"]);
    expect(latestBroker(ref)?.record).toMatchObject({ owner, name });
  });

  it("in 160 claims of 8 processes get each number exactly once", async () => {
    const { home, ref } = newSession();
    const argvs = Array.from({ length: 8 }, () => [home, WORKSPACE, "20"]);
    const ends = await race(join(import.meta.dirname, "broker-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    const won = ends.flatMap(({ said }) => JSON.parse(/won (.*)/.exec(said)?.[1] ?? "[]"));
    expect(won.toSorted((one, two) => one - two)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(readdirSync(join(sessionDir(ref), "brokers"))).toHaveLength(20);
  });
});
