import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type SessionRef, sessionRef } from "../../../../src/broker/store/broker-record.ts";
import { claimKey, ownKey, readKey } from "../../../../src/broker/store/keys.ts";
import { race } from "../../sys/race.ts";
import { tempDir } from "../../sys/temp-dir.ts";
import { plant, WORKSPACE } from "./new-session.ts";

const refOf = (home: string, brokerId: string, workspace = WORKSPACE): SessionRef =>
  sessionRef(home, workspace, brokerId);
const folder = (home: string) => join(refOf(home, "b").workspaceKeyDir, "keys");

describe("a key", () => {
  it("stands for the first session that claims it, for good", () => {
    const home = tempDir();
    expect(claimKey(refOf(home, "b-1"), "nightly")).toBe("b-1");
    expect(claimKey(refOf(home, "b-2"), "nightly")).toBe("b-1");
    expect(claimKey(refOf(home, "b-1"), "nightly")).toBe("b-1");
    expect(readKey(refOf(home, "").workspaceKeyDir, "nightly")).toBe("b-1");
    const [name = ""] = readdirSync(folder(home));
    expect(JSON.parse(readFileSync(join(folder(home), name), "utf8"))).toEqual({
      version: 1,
      key: "nightly",
      broker_id: "b-1",
    });
    expect([folder(home), join(folder(home), name)].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  it("is another one in another workspace", () => {
    const home = tempDir();
    claimKey(refOf(home, "b-1"), "nightly");
    expect(claimKey(refOf(home, "b-2", "/elsewhere"), "nightly")).toBe("b-2");
    expect(readKey(refOf(home, "", "/nowhere").workspaceKeyDir, "nightly")).toBeUndefined();
  });

  it.each(["../../x", "a/b", "", ".", "x".repeat(10_000), "ключ\u0000", "Nightly", "nightly "])(
    "may be any text, and is no other: %j",
    (key) => {
      const home = tempDir();
      claimKey(refOf(home, "b-1"), "nightly");
      expect(readKey(refOf(home, "").workspaceKeyDir, key)).toBeUndefined();
      expect(claimKey(refOf(home, "b-2"), key)).toBe("b-2");
      expect(readdirSync(folder(home)).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true);
      expect(readdirSync(folder(home))).toHaveLength(2);
    },
  );

  it("has a file that is this session's or is not", () => {
    const home = tempDir();
    claimKey(refOf(home, "b-1"), "nightly");
    const [name = ""] = readdirSync(folder(home));
    expect(ownKey(refOf(home, "b-1"), "nightly")).toBe(join(folder(home), name));
    expect(ownKey(refOf(home, "b-2"), "nightly")).toBeUndefined();
    expect(ownKey(refOf(home, "b-1"), "other")).toBeUndefined();
  });

  it.each<[name: string, text: string | object, why: RegExp]>([
    ["rubbish", "rubbish", /\.json is not what ask-codex wrote/],
    ["newer", { version: 2, key: "k", broker_id: "b", more: 1 }, /was written by a newer ask-codex \(version 2\)/],
  ])("whose file is %s is named and left alone", (_, text, why) => {
    const home = tempDir();
    claimKey(refOf(home, "b-1"), "nightly");
    const path = join(folder(home), readdirSync(folder(home))[0] ?? "");
    plant(path, text);
    const before = readFileSync(path, "utf8");
    expect(() => claimKey(refOf(home, "b-2"), "nightly")).toThrow(why);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("that 8 processes claim at once has one session, and all of them say which", async () => {
    const home = tempDir();
    const argvs = Array.from({ length: 8 }, (_, at) => [home, WORKSPACE, `b-${at}`, "10"]);
    const ends = await race(join(import.meta.dirname, "key-racer.ts"), argvs);
    expect(ends.map(({ code }) => code)).toEqual(argvs.map(() => 0));
    const said = ends.map((end) => /holders (.*)/.exec(end.said)?.[1]);
    expect(new Set(said).size).toBe(1);
    expect(JSON.parse(said[0] ?? "[]")).toEqual(Array.from({ length: 10 }, () => expect.stringMatching(/^b-[0-7]$/)));
    expect(readdirSync(folder(home))).toHaveLength(10);
  });
});
