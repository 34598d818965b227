#!/usr/bin/env node
// The hooks of Claude Code. Whatever happens here, the exit code is 0 and nobody is blocked by an accident: an old Node, a
// stdin of junk, a home that can't be read. The command itself is loaded only when there is something to do.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isHook = process.argv.length === 3 && !/^-/.test(process.argv[2] || "");
const isNewEnough = major > 20 || (major === 20 && minor >= 19);
if (isHook) {
  process.on("exit", () => {
    process.exitCode = 0;
  });
  process.on("uncaughtException", () => process.exit(0));
}
if (!isHook) import("./launch.mjs").then(({ launch }) => launch("codex_hook"));
else if (isNewEnough) import("./hook/call-hook.mjs").then(({ callHook }) => callHook(process.argv[2] || ""));
