import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory of the test that runs, gone when it ends; its name has a space, as real ones do. */
export function tempDir(): string {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "ask-codex unit-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
