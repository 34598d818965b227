import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Tests run what users run: the bundle, built from the sources as they are now. */
export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, "..", "..", "scripts", "build.mjs")], { stdio: "inherit" });
}
