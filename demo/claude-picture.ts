// Makes assets/slash.svg and assets/words.svg from real sessions of Claude Code and Codex, whose models are scripts on
// 127.0.0.1:  node --import tsx demo/claude-picture.ts
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Chalk } from "chalk";
import { claudeEnvironment } from "../test/kit/claude-environment.ts";
import { startScriptedClaude } from "../test/kit/scripted-claude.ts";
import { call } from "./call.ts";
import { findDemoCodex } from "./codex-of-demo.ts";
import { makeRepository } from "./make-repository.ts";
import { parseAnsi } from "./picture/ansi.ts";
import { drawTerminal } from "./picture/svg.ts";
import { showClaude } from "./show-claude.ts";
import { ROOT } from "./shown.ts";
import { WAYS, type Way } from "./ways.ts";
import { openWorld } from "./world.ts";

const COLUMNS = 108;
const CLAUDE = join(
  dirname(createRequire(import.meta.url).resolve("@anthropic-ai/claude-code/package.json")),
  "bin",
  "claude.exe",
);

const paint = new Chalk({ level: 1 });
for (const way of WAYS) {
  const lines = showClaude(paint, way.prompt, await runClaude(way));
  const text = `${paint.green("$")} ${paint.bold("claude")}\n\n${lines.join("\n")}`;
  const target = join(ROOT, "assets", way.picture);
  writeFileSync(target, drawTerminal(parseAnsi(text, COLUMNS), { columns: COLUMNS, title: way.title }));
  process.stdout.write(`${target}\n`);
}

/** One session of the real Claude Code in a repository made for it; resolves with its stream-json, paths as a user's would be. */
async function runClaude({ prompt, moves }: Way): Promise<string> {
  const world = await openWorld(findDemoCodex().wrapper);
  const claude = await startScriptedClaude(moves);
  try {
    const signal = new AbortController().signal;
    await makeRepository(world, signal);
    const home = join(world.dir, "claude");
    const skill = join(home, "skills", "ask-codex");
    mkdirSync(dirname(skill), { recursive: true });
    symlinkSync(ROOT, skill);
    const allow = ["Skill", `Bash(node ${skill}/scripts/*)`, "Bash(git diff:*)"];
    writeFileSync(join(home, "settings.json"), JSON.stringify({ permissions: { allow } }));
    const { code, stdout } = await call({
      command: CLAUDE,
      args: ["-p", prompt, "--output-format", "stream-json", "--verbose"],
      cwd: world.repository,
      env: { ...world.env, ...claudeEnvironment(home, claude.port) },
      signal,
    });
    if (code !== 0 || !stdout.includes("verdict=done"))
      throw new Error(`the session went wrong (exit ${code}):\n${stdout}`);
    return stdout
      .replaceAll(skill, "~/.claude/skills/ask-codex")
      .replaceAll(world.repository, "~/shop")
      .replaceAll(world.state, "~/.local/state/ask-codex");
  } finally {
    await claude.close();
    await world.close(false);
  }
}
