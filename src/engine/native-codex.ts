import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const TRIPLES: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

/**
 * The binary behind npm's `@openai/codex/bin/codex.js`: npm puts it in a package per platform, as
 * `vendor/<triple>/bin/codex` (0.169.0, on Linux and in the package for Windows); older releases kept it in the wrapper's
 * own `vendor`.
 */
export function nativeBehind(
  script: string,
  { platform, arch }: { platform: NodeJS.Platform; arch: NodeJS.Architecture },
  isRunnable: (path: string) => boolean,
): string | undefined {
  const name = `${platform}-${arch}`;
  const triple = TRIPLES[name];
  const exe = platform === "win32" ? "codex.exe" : "codex";
  if (!triple) return undefined;
  const homes = [dirname(dirname(script))];
  try {
    homes.unshift(dirname(createRequire(script).resolve(`@openai/codex-${name}/package.json`)));
  } catch {
    // Not installed as a package of its own: the older layout is tried.
  }
  const candidates = homes.flatMap((home) =>
    ["bin", "codex"].map((folder) => join(home, "vendor", triple, folder, exe)),
  );
  return candidates.find(isRunnable);
}
