import { join } from "node:path";
import { makeNewDir, writeNew } from "../../sys/files.ts";

/** Set for every Codex of the self-test; it opens nothing anywhere. */
export const KEY = "ASK_CODEX_SELF_TEST_KEY";

/**
 * Makes a home for Codex that knows one provider, on loopback, and returns its path. Plugins are off, for Codex asks a
 * public host for them at every start.
 */
export function makeCodexHome(dir: string, name: string, port: number, login = `env_key = "${KEY}"`): string {
  const home = join(dir, name);
  makeNewDir(home);
  const lines = [
    'model = "gpt-5.5"',
    'model_provider = "self_test"',
    "[features]",
    "plugins = false",
    "[model_providers.self_test]",
    'name = "self-test"',
    `base_url = "http://127.0.0.1:${port}/v1"`,
    'wire_api = "responses"',
    login,
  ];
  writeNew(join(home, "config.toml"), `${lines.join("\n")}\n`);
  return home;
}
