import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { canaryCommand, readCanary, TRIES } from "../../../src/doctor/canary.ts";

const start = promisify(execFile);

/** Where nothing holds it, it must be able to do all of it: what can't fail proves nothing inside. */
test.each([
  ["a shell", undefined],
  ["Node, where there is no such shell", []],
])("the canary can do everything outside of a sandbox, by %s", async (_, shells) => {
  const dir = mkdtempSync(join(tmpdir(), "canary-"));
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const at = (name: string) => join(dir, name);
    const places = { inside: at("in side"), outside: at("out"), secret: at("secret"), record: at("record") };
    for (const path of [places.secret, places.record]) writeFileSync(path, "x\n");
    const port = typeof address === "object" && address ? address.port : 0;
    const { argv, env } = canaryCommand(process.execPath, { ...places, port }, shells);
    const { stdout } = await start(argv[0] ?? "", argv.slice(1), { env: { PATH: process.env.PATH, ...env } });
    expect(Object.fromEntries(readCanary(stdout))).toEqual(Object.fromEntries(TRIES.map((word) => [word, "done"])));
    expect([places.inside, places.outside].every((path) => existsSync(path))).toBe(true);
    // And it says what it could not.
    rmSync(dir, { recursive: true });
    const failed = readCanary(
      execFileSync(argv[0] ?? "", argv.slice(1), { env: { PATH: process.env.PATH, ...env, PORT: "1" } }).toString(),
    );
    expect([...failed.values()].every((how) => /^no ./.test(how))).toBe(true);
    expect(failed.size).toBe(TRIES.length);
  } finally {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
