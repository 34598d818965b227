import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { takeSeat } from "../../../src/broker/seat.ts";
import { brokerPath, latestBroker } from "../../../src/broker/store/broker-record.ts";
import { BROKER_ID, RUN_ID } from "../core/samples.ts";
import { newRecord } from "../run/new-record.ts";
import { ALIVE, DEAD, END, newSession, plant } from "./store/new-session.ts";

describe("the seat of one run", () => {
  it("is what the run's request says", () => {
    const { home, request, dir } = newRecord();
    const seat = takeSeat(dir);
    expect(seat).toMatchObject({
      home,
      ref: { home, brokerId: BROKER_ID },
      workspace: request.workspace,
      brokerId: BROKER_ID,
      socket: request.socket,
      token: request.token,
      first: { dir, request },
      live: undefined,
    });
    expect(join(seat.ref.workspaceKeyDir, "runs", RUN_ID)).toBe(dir);
  });

  it("is gone with the request", () => {
    const { dir } = newRecord();
    const seat = takeSeat(dir);
    expect(seat.gone()).toBe(false);
    rmSync(dir, { recursive: true });
    expect(seat.gone()).toBe(true);
  });

  it("knows its Codex, and writes nothing down that the run does not", () => {
    const { dir } = newRecord();
    const files = () => readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), "utf8")]);
    const before = files();
    const seat = takeSeat(dir);
    expect(seat.codex()).toBeUndefined();
    seat.noteCodex(ALIVE);
    expect(seat.codex()).toEqual(ALIVE);
    seat.noteCodex(null);
    expect(seat.codex()).toBeUndefined();
    seat.writeEnd(END);
    expect(files()).toEqual(before);
  });
});

describe("the seat of a session", () => {
  it("is what its latest broker record says", () => {
    const session = newSession();
    session.broker({ socket: "/old", token: "old", owner: DEAD });
    session.end();
    session.broker({ socket: "/new", token: "new", idle_exit_ms: 7, codex_process: DEAD }, 1);
    const seat = takeSeat(session.dir);
    expect(seat).toMatchObject({
      home: session.home,
      ref: session.ref,
      brokerId: BROKER_ID,
      socket: "/new",
      token: "new",
      first: undefined,
      live: { idleExitMs: 7 },
    });
    expect(seat.codex()).toEqual(DEAD);
  });

  it("is none where there is no broker", () => {
    const session = newSession();
    plant(join(session.dir, "brokers", "x.tmp"), "");
    expect(() => takeSeat(session.dir)).toThrow(/no broker record/);
  });

  it("writes down its Codex, and how it ended, over nothing else", () => {
    const session = newSession();
    session.broker();
    const before = latestBroker(session.ref)?.record;
    const seat = takeSeat(session.dir);
    seat.noteCodex(DEAD);
    expect(latestBroker(session.ref)?.record).toEqual({ ...before, codex_process: DEAD });
    expect(seat.codex()).toEqual(DEAD);
    seat.writeEnd(END);
    expect(latestBroker(session.ref)?.record).toEqual({ ...before, codex_process: null, ended: END });
  });

  it("does not make anew what was removed", () => {
    const session = newSession();
    const number = session.broker();
    const seat = takeSeat(session.dir);
    expect(seat.gone()).toBe(false);
    rmSync(brokerPath(session.ref, number));
    expect(seat.gone()).toBe(true);
    seat.noteCodex(DEAD);
    seat.writeEnd(END);
    expect(readdirSync(join(session.dir, "brokers"))).toEqual([]);
    rmSync(session.dir, { recursive: true });
    seat.writeEnd(END);
    expect(existsSync(session.dir)).toBe(false);
  });

  it("goes on when only its Codex can't be written down, and says so when it is the end", () => {
    const session = newSession();
    const number = session.broker();
    const seat = takeSeat(session.dir);
    const path = brokerPath(session.ref, number);
    rmSync(path);
    // Nothing can replace a directory that holds something.
    mkdirSync(join(path, "x"), { recursive: true });
    seat.noteCodex(DEAD);
    expect(seat.codex()).toEqual(DEAD);
    expect(() => seat.writeEnd(END)).toThrow(/can't write/);
  });
});
