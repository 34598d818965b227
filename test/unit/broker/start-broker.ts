import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endWithTest, until } from "../sys/children.ts";
import { tempDir } from "../sys/temp-dir.ts";
import { TOKEN } from "./peer.ts";

export interface BrokerProcess {
  path: string;
  pid: number;
  /** Says a word to it and resolves with its answer. */
  ask(word: string): Promise<string>;
  /** Stops it as a debugger would: it lives, and does nothing. */
  freeze(): Promise<void>;
  thaw(): void;
  kill(): Promise<void>;
}

/** Starts a broker's socket in a process of its own; it ends with the test. */
export async function startBroker(path = join(tempDir(), "sockets", "s")): Promise<BrokerProcess> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "broker-process.ts"), path, TOKEN],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const pid = child.pid ?? 0;
  endWithTest(pid);
  const lines = createInterface({ input: child.stdout });
  const ask = async (word: string): Promise<string> => {
    child.stdin.write(`${word}\n`);
    const [line] = await once(lines, "line");
    return String(line);
  };
  await ask("ready");
  return {
    path,
    pid,
    ask,
    async freeze() {
      process.kill(pid, "SIGSTOP");
      await until(() => execFileSync("ps", ["-o", "state=", "-p", `${pid}`], { encoding: "utf8" }).startsWith("T"));
    },
    thaw: () => process.kill(pid, "SIGCONT"),
    async kill() {
      process.kill(pid, "SIGKILL");
      await once(child, "exit");
    },
  };
}
