import { findDemoCodex } from "./codex-of-demo.ts";
import { makeRepository } from "./make-repository.ts";
import type { Screen } from "./screen.ts";
import { type Stage, showDelegation, showDiff, showRemains, showTests } from "./steps.ts";
import { findSandboxFault } from "./why.ts";
import { openWorld } from "./world.ts";

/** The whole show, from an empty temporary directory to a removed one. Resolves with what was not as it should be. */
export async function play(options: { screen: Screen; keep: boolean; signal: AbortSignal }): Promise<string[]> {
  const { screen, keep, signal } = options;
  const startedAt = Date.now();
  const codex = findDemoCodex();
  const world = await openWorld(codex.wrapper);
  const farewell = keep ? `Everything is kept in ${world.dir}` : `${world.dir} is removed now; --keep leaves it.`;
  const { paint, line } = screen;
  try {
    line(
      `${paint.bold("ask_codex at work")}  the real Codex CLI ${codex.version}, and in the place of OpenAI's model a script`,
    );
    line("on 127.0.0.1. The script says what to run and what to edit; Codex does it. No account, no network.");
    const wrong = await playSteps({ screen, world, signal });
    line();
    line(paint.dim(`${((Date.now() - startedAt) / 1000).toFixed(1)} s. ${farewell}`));
    return wrong;
  } finally {
    await world.close(keep);
    if (signal.aborted) process.stderr.write(`\ndemo: stopped. ${farewell}\n`);
  }
}

async function playSteps(stage: Stage): Promise<string[]> {
  const { screen, world, signal } = stage;
  const wrong: string[] = [];
  await makeRepository(world, signal);

  screen.step("A failing test", "in a small git repository, made for this");
  if ((await showTests(stage)) === 0) wrong.push("the test passed before anything was repaired");

  screen.step(
    "The delegation",
    "what may be written, what must pass, the goal; the script first tries to bend the test",
  );
  const run = await showDelegation(stage);
  if (run.code !== 0) wrong.push(`ask_codex ended with exit code ${run.code}`);

  screen.step("Is it true?", "the test once more by hand, and what git says was changed");
  if ((await showTests(stage)) !== 0) wrong.push("the test still fails");
  await showDiff(stage);

  if (run.record === undefined) return [...wrong, "ask_codex printed no record"];
  screen.step("What is left", "every run leaves its evidence, and no process");
  const { receipt, left } = await showRemains(stage, run.record);
  if (receipt.verdict !== "done") wrong.push(`the verdict is ${receipt.verdict}: ${receipt.reason}`);
  if (left.length > 0) wrong.push(`processes are left: ${left.join(", ")}`);
  const fault = wrong.length > 0 ? findSandboxFault(run.record) : undefined;
  return fault === undefined ? wrong : [...wrong, fault];
}
