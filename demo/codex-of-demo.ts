import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AskCodexError } from "../src/core/errors.ts";

export interface DemoCodex {
  /** The npm wrapper, as a user's PATH has it; ask_codex finds the native binary behind it. */
  wrapper: string;
  version: string;
}

/** The real Codex that came with the development packages. Throws `fatal` when they were left out. */
export function findDemoCodex(): DemoCodex {
  try {
    const manifest = createRequire(import.meta.url).resolve("@openai/codex/package.json");
    const wrapper = join(dirname(manifest), "bin", "codex.js");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    if (existsSync(wrapper)) return { wrapper, version };
  } catch {
    // Not installed: said below.
  }
  throw new AskCodexError("fatal", "the demo runs the Codex of the development packages, which are not installed", {
    hint: "npm ci --include=dev",
  });
}
