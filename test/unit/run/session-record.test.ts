import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findSession, readSession, writeSession } from "../../../src/run/session-record.ts";
import { workspaceDir } from "../../../src/sys/paths.ts";
import { BROKER_ID, RUN_ID, sampleSession, THREAD_ID } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const WORKSPACE = "/work/a project";
const OTHER = sampleSession({
  broker_id: "b-20261121-060000-aaaa",
  session_id: "01a1fc85-0000-7dc1-9e6f-0f6c4f5d9a11",
  workspace: "/elsewhere",
  runs: ["r-20261121-060000-aaaa", "r-20261121-060001-bbbb"],
});

/** A state home with two sessions in two workspaces. */
function home() {
  const dir = tempDir();
  writeSession(dir, sampleSession());
  writeSession(dir, OTHER);
  return { dir, sessions: join(workspaceDir(dir, WORKSPACE), "sessions") };
}

describe("a session", () => {
  it("comes back as it was written, and is for its user alone", () => {
    const { dir, sessions } = home();
    expect(readSession(dir, WORKSPACE, BROKER_ID)).toEqual(sampleSession());
    expect(statSync(join(sessions, `${BROKER_ID}.json`)).mode & 0o777).toBe(0o600);
    expect(statSync(sessions).mode & 0o777).toBe(0o700);
  });

  it("is replaced as a whole", () => {
    const { dir, sessions } = home();
    writeSession(dir, sampleSession({ runs: [RUN_ID, "r-2"] }));
    expect(readSession(dir, WORKSPACE, BROKER_ID)?.runs).toEqual([RUN_ID, "r-2"]);
    expect(readdirSync(sessions)).toEqual([`${BROKER_ID}.json`]);
  });

  it("is undefined where there is none", () => {
    const { dir } = home();
    expect(readSession(dir, WORKSPACE, "b-none")).toBeUndefined();
    expect(readSession(dir, "/nowhere", BROKER_ID)).toBeUndefined();
    expect(readSession(join(dir, "none"), WORKSPACE, BROKER_ID)).toBeUndefined();
  });

  it("that is not what we wrote is named", () => {
    const { dir, sessions } = home();
    writeFileSync(join(sessions, `${BROKER_ID}.json`), "rubbish");
    expect(() => readSession(dir, WORKSPACE, BROKER_ID)).toThrow(`${BROKER_ID}.json is not what ask-codex wrote`);
  });
});

describe("finding a session", () => {
  it.each<[by: string, id: string, broker: string | undefined]>([
    ["its broker id", BROKER_ID, BROKER_ID],
    ["Codex's thread id", THREAD_ID, BROKER_ID],
    ["a run id", RUN_ID, BROKER_ID],
    ["the broker id of another workspace", OTHER.broker_id, OTHER.broker_id],
    ["the first of its runs", "r-20261121-060000-aaaa", OTHER.broker_id],
    ["the last of its runs", "r-20261121-060001-bbbb", OTHER.broker_id],
    ["a run that nobody knows", "r-20261121-060002-cccc", undefined],
    ["a part of an id", RUN_ID.slice(0, -1), undefined],
    ["nothing", "", undefined],
    ["a path", `../sessions/${BROKER_ID}`, undefined],
    ["a name", "my session", undefined],
  ])("by %s", (_, id, broker) => {
    expect(findSession(home().dir, id)?.broker_id).toBe(broker);
  });

  it("finds nothing where no session was ever made", () => {
    expect(findSession(join(tempDir(), "none"), BROKER_ID)).toBeUndefined();
  });

  it("is not stopped by the broken file of another", () => {
    const { dir, sessions } = home();
    writeFileSync(join(sessions, "a-broken.json"), "rubbish");
    writeFileSync(join(sessions, "notes.txt"), "no session");
    expect(findSession(dir, THREAD_ID)?.broker_id).toBe(BROKER_ID);
  });

  it("names the broken file that was asked for", () => {
    const { dir, sessions } = home();
    writeFileSync(join(sessions, `${BROKER_ID}.json`), "rubbish");
    expect(() => findSession(dir, BROKER_ID)).toThrow(`${BROKER_ID}.json is not what ask-codex wrote`);
    expect(findSession(dir, THREAD_ID)).toBeUndefined();
  });

  it("by null finds none, though a session has no thread yet", () => {
    const dir = tempDir();
    writeSession(dir, sampleSession({ session_id: null }));
    expect(findSession(dir, "null")).toBeUndefined();
  });
});
