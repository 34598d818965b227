import { describe, expect, it } from "vitest";
import { currentOwner, isAlive, ownerOf } from "../../../src/sys/owner.ts";
import { readProcess } from "../../../src/sys/process-table.ts";
import { makeZombie, runNegligent, runScript, until } from "./children.ts";

const NO_PID = 2 ** 30;

describe("an owner", () => {
  it("is this process, and lives", () => {
    const me = currentOwner();
    expect(me.pid).toBe(process.pid);
    expect(me.startTime).not.toBe("");
    expect(me.bootId).not.toBe("");
    expect(me).toEqual(ownerOf(process.pid));
    expect(isAlive(me)).toBe(true);
  });

  it.each([
    ["whose pid was taken by another process", { startTime: "1" }],
    ["of a time before the reboot", { bootId: "another-boot" }],
    ["whose pid is nobody's", { pid: NO_PID }],
    ["of whom nothing was known", { startTime: "" }],
  ])("%s is dead", (_, other) => {
    expect(isAlive({ ...currentOwner(), ...other })).toBe(false);
  });

  it("dies with its process", async () => {
    const child = await runScript("echo $$; read x", {}, 1);
    const owner = ownerOf(child.pid);
    expect(owner && isAlive(owner)).toBe(true);
    child.process.kill("SIGKILL");
    await until(() => readProcess(child.pid) === undefined);
    expect(owner && isAlive(owner)).toBe(false);
    expect(ownerOf(child.pid)).toBeUndefined();
  });

  it("is dead as a zombie, though its pid still takes signals", async () => {
    const { child } = await runNegligent();
    const owner = ownerOf(child);
    expect(owner && isAlive(owner)).toBe(true);
    await makeZombie(child);
    expect(process.kill(child, 0)).toBe(true);
    expect(owner && isAlive(owner)).toBe(false);
    expect(ownerOf(child)).toBeUndefined();
  });
});
