import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aboutRun, type PushEvent } from "../../../src/push/push-event.ts";
import { streamChannel } from "../../../src/push/stream-channel.ts";
import { currentOwner } from "../../../src/sys/owner.ts";
import { AT, samplePacket, sampleRequest } from "../core/samples.ts";
import { tempDir } from "../sys/temp-dir.ts";

const event = (goal: string): PushEvent => ({
  ...aboutRun(sampleRequest({ packet: samplePacket({ goal }) }), null, new Date(AT)),
  event: "started",
});
const goals = (path: string): string[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).goal);

function stream(rotateBytes?: number) {
  const dir = tempDir();
  const path = join(dir, "events.jsonl");
  const channel = streamChannel(path, rotateBytes);
  const send = (goal: string) => channel.send(event(goal), new AbortController().signal);
  return { dir, path, send };
}

describe("the event stream", () => {
  it("is a line for each event, behind what is there, and for its user alone", async () => {
    const { path, send } = stream();
    await send("one");
    await send("two");
    expect(goals(path)).toEqual(["one", "two"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("begins a new line behind half a line of somebody who could not end it", async () => {
    const { path, send } = stream();
    writeFileSync(path, '{"half":');
    await send("one");
    expect(readFileSync(path, "utf8").split("\n")[0]).toBe('{"half":');
    expect(JSON.parse(readFileSync(path, "utf8").split("\n")[1] ?? "")).toMatchObject({ goal: "one" });
  });

  it("waits for the other half of a line that somebody is writing", async () => {
    const { path, send } = stream();
    writeFileSync(path, '{"goal":');
    const sent = send("two");
    await new Promise((resolve) => setTimeout(resolve, 60));
    appendFileSync(path, '"one"}\n');
    await sent;
    expect(goals(path)).toEqual(["one", "two"]);
  });

  it("rotates where it has grown too large, and leaves no lock", async () => {
    const { dir, path, send } = stream(1_000);
    for (const goal of ["1", "2", "3", "4", "5", "6"]) await send(goal);
    expect([...goals(`${path}.1`), ...(existsSync(path) ? goals(path) : [])].at(-1)).toBe("6");
    expect(readdirSync(dir).filter((name) => name.endsWith(".lock"))).toEqual([]);
    expect(statSync(`${path}.1`).size).toBeGreaterThanOrEqual(1_000);
  });

  it("leaves rotating to who has the lock, and takes the lock of one that died away", async () => {
    const { path, send } = stream(1);
    writeFileSync(`${path}.lock`, JSON.stringify(currentOwner()));
    await send("one");
    expect(goals(path)).toEqual(["one"]);
    writeFileSync(`${path}.lock`, JSON.stringify({ ...currentOwner(), startTime: "0" }));
    await send("two");
    await send("three");
    expect(goals(`${path}.1`)).toEqual(["one", "two", "three"]);
  });

  it.each<[string, string, (path: string, dir: string) => void]>([
    [
      "a link",
      "it is a symbolic link",
      (path, dir) => {
        writeFileSync(join(dir, "profile"), "mine\n");
        symlinkSync(join(dir, "profile"), path);
      },
    ],
    [
      "another name of a file",
      "it has another name now",
      (path, dir) => {
        writeFileSync(join(dir, "profile"), "mine\n");
        linkSync(join(dir, "profile"), path);
      },
    ],
    ["a directory", "it is a directory", (path) => mkdirSync(path)],
  ])("writes nothing where %s came into its place", async (_, reason, place) => {
    const { dir, path, send } = stream();
    place(path, dir);
    await expect(send("one")).rejects.toThrow(`${path} can't be written: ${reason}`);
    if (existsSync(join(dir, "profile"))) expect(readFileSync(join(dir, "profile"), "utf8")).toBe("mine\n");
  });

  it("writes nothing where its directory has become a link, or is gone", async () => {
    const dir = tempDir();
    mkdirSync(join(dir, "a"));
    const path = join(dir, "a", "events.jsonl");
    const send = () => streamChannel(path).send(event("one"), new AbortController().signal);
    await send();
    renameSync(join(dir, "a"), join(dir, "b"));
    symlinkSync(join(dir, "b"), join(dir, "a"));
    await expect(send()).rejects.toThrow("its directory has become a link");
    rmSync(join(dir, "a"));
    await expect(send()).rejects.toThrow("it does not exist");
    expect(goals(join(dir, "b", "events.jsonl"))).toEqual(["one"]);
  });

  it("does not wait for a reader where a pipe came into its place", async () => {
    const { path, send } = stream();
    const made = spawn("mkfifo", [path]);
    await new Promise((resolve) => made.once("close", resolve));
    await expect(send("one")).rejects.toThrow("can't be written");
  });

  it("keeps the lines of several processes whole, and loses none over a rotation", async () => {
    const dir = tempDir();
    const path = join(dir, "events.jsonl");
    const source = (file: string) => JSON.stringify(join(import.meta.dirname, "../../../src/push", file));
    writeFileSync(
      join(dir, "writer.mts"),
      `import { streamChannel } from ${source("stream-channel.ts")};
       const about = JSON.parse(process.argv[2]);
       const channel = streamChannel(${JSON.stringify(path)}, 120_000);
       for (let at = 0; at < 100; at++)
         await channel.send({ ...about, goal: about.goal + "-" + at + "-" + "x".repeat(at * 5) }, new AbortController().signal);`,
    );
    const names = ["a", "b", "c"];
    const codes = await Promise.all(
      names.map((name) => {
        const child = spawn(process.execPath, [
          "--import",
          "tsx",
          join(dir, "writer.mts"),
          JSON.stringify(event(name)),
        ]);
        return new Promise((resolve) => child.once("close", resolve));
      }),
    );
    expect(codes).toEqual([0, 0, 0]);
    // Less than twice what a file may hold: one rotation, and a second one would have taken the first part away. It may
    // come with the very last line.
    expect(existsSync(`${path}.1`)).toBe(true);
    const all = [`${path}.1`, path].filter(existsSync).flatMap(goals);
    expect(new Set(all.map((goal) => goal.split("-x")[0])).size).toBe(300);
    expect(all).toHaveLength(300);
  });
});
