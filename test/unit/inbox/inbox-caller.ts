import { once } from "node:events";
import { runCommand } from "../../../src/cli/main.ts";
import { runs } from "../../../src/commands/runs/runs.ts";
import { sampleIo } from "../cli/sample-command.ts";

/**
 * A Claude Code session in a process of its own. Waits for a word on stdin; then looks into the inbox and acknowledges
 * what it was shown, until nothing is there for it (`work`), or looks once and goes on living (`look`).
 */
const [home = "", workspace = "", session = "", how = "work"] = process.argv.slice(2);
const env = { ASK_CODEX_HOME: home, CLAUDE_CODE_SESSION_ID: session, CLAUDE_PID: String(process.pid) };

async function call(...argv: string[]): Promise<string> {
  const io = sampleIo(["inbox", ...argv], { cwd: workspace, env });
  const code = await runCommand(runs, io);
  await new Promise((resolve) => setImmediate(resolve));
  if (code !== 0) throw new Error(io.err());
  return io.out();
}

async function look(): Promise<string[]> {
  const shown = [...(await call()).matchAll(/^run_id=(\S+)/gm)].map(([, id]) => id ?? "");
  process.stdout.write(`shown ${shown.join(" ")}\n`);
  return shown;
}

process.stdout.write("ready\n");
await once(process.stdin, "data");
if (how === "look") {
  await look();
  process.stdout.write("looked\n");
  setInterval(() => {}, 1000);
} else {
  for (let shown = await look(); shown.length > 0; shown = await look())
    await call(...shown.flatMap((id) => ["--ack", id]));
  process.exit(0);
}
