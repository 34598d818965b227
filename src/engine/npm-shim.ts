import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt, isThere, readIfThere } from "../sys/files.ts";

/** Where npm puts it beside its shims, should a shim be written in another way one day. */
const USUAL = ["node_modules", "@openai", "codex", "bin", "codex.js"];
/** A shim is some hundred bytes; what is larger is none. */
const MAX_CHARS = 16 * 1024;

/**
 * The script that a shim of npm's, pnpm's or yarn's for Windows starts (`codex.cmd`, `codex.ps1`), if it is Codex's own.
 * All write its path relative to the shim's folder: `%dp0%\`, `%~dp0\` or `$basedir/` and then slashes of either kind.
 */
export function scriptBehind(shim: string): string | undefined {
  const text = attempt(() => readIfThere(shim))?.slice(0, MAX_CHARS) ?? "";
  const named = [...text.matchAll(/"(?:%~?dp0%?|\$basedir)[\\/]+([^"%$\r\n]*codex\.js)"/gi)].map((match) =>
    join(dirname(shim), ...(match[1] ?? "").split(/[\\/]+/)),
  );
  const isCodex = (path: string) => path.endsWith(join("@openai", "codex", "bin", "codex.js"));
  const found = [...named.filter(isCodex), join(dirname(shim), ...USUAL)].find(isThere);
  // With pnpm it is behind a link, and the package of the platform lies beside the real one.
  return found === undefined ? undefined : attempt(() => realpathSync(found));
}
