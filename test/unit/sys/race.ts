import { spawn } from "node:child_process";
import { once } from "node:events";
import { endWithTest } from "./children.ts";

export interface Finisher {
  code: number | null;
  said: string;
}

/** Runs a script once per argument list, as processes that wait for each other after they have printed "ready". */
export async function race(script: string, argvs: readonly (readonly string[])[]): Promise<Finisher[]> {
  const racers = await Promise.all(argvs.map((argv) => ready([script, ...argv])));
  for (const racer of racers) racer.start();
  return Promise.all(racers.map((racer) => racer.over));
}

async function ready(argv: readonly string[]): Promise<{ start: () => void; over: Promise<Finisher> }> {
  const child = spawn(process.execPath, ["--import", "tsx", ...argv], { stdio: ["pipe", "pipe", "inherit"] });
  endWithTest(child.pid ?? 0);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const over = once(child, "close").then(([code]): Finisher => ({ code, said }));
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  while (!said.includes("ready")) {
    await Promise.race([once(child.stdout, "data"), over]);
    if (isOver) throw new Error(`a racer ended before it was ready: ${argv.join(" ")}`);
  }
  return { start: () => child.stdin.write("go\n"), over };
}
