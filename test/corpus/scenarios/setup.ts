import { DONE, type Scenario } from "../scenario.ts";

const YES = { verdict: "done", exit: 0 } as const;
const FATAL = { verdict: "fatal", exit: 3 } as const;
const APP_SERVER = { engines: ["app-server"] } as const;
const EXEC = { engines: ["exec"] } as const;
const WORKS: Scenario["script"] = [{ run: "echo ok" }, { say: DONE }];

/** Codex's own set-up: what grumbles and works, and what can't work. */
export const SETUP: readonly Scenario[] = [
  {
    name: "mcp-server-missing",
    script: WORKS,
    lab: { config: '[mcp_servers.gone]\ncommand = "/nowhere/mcp-server"\n' },
    ...YES,
    why: "a server that can't start was not needed",
  },
  {
    name: "mcp-server-exits",
    script: WORKS,
    lab: { config: '[mcp_servers.dead]\ncommand = "false"\n' },
    ...YES,
    why: "a server that dies was not needed",
  },
  {
    name: "mcp-server-prints-errors",
    script: WORKS,
    lab: { config: '[mcp_servers.loud]\ncommand = "sh"\nargs = ["-c", "echo Error: fatal: panic >&2; exit 1"]\n' },
    ...APP_SERVER,
    ...YES,
    why: "what a server prints is not the run's end",
  },
  {
    name: "unknown-config-key",
    script: WORKS,
    lab: { config: "no_such_key = 1" },
    ...YES,
    why: "Codex leaves out a key that it does not know",
  },
  {
    name: "unknown-feature",
    script: WORKS,
    lab: { config: "tool_output_token_limit = 5000\nhide_agent_reasoning = false\nno_such_section = { a = 1 }" },
    ...EXEC,
    ...YES,
    why: "Codex leaves out what it does not know",
  },
  {
    name: "unknown-model",
    script: WORKS,
    args: ["--model", "gpt-nobody-knows"],
    ...YES,
    why: "no metadata for a model is a warning; the service answered",
  },
  {
    name: "odd-reasoning-effort",
    script: WORKS,
    lab: { config: 'model_reasoning_effort = "bogus"' },
    ...APP_SERVER,
    ...YES,
    why: "an effort that Codex does not know is the service's business, and it answered",
  },
  {
    name: "no-key-in-the-environment",
    script: WORKS,
    env: { MOCK_KEY: "" },
    ...FATAL,
    why: "the provider's key is not set",
  },
  { name: "outside-git", script: WORKS, lab: { git: false }, ...YES, why: "a directory needs no git" },
  {
    name: "project-with-codex-folder",
    script: WORKS,
    lab: { files: { ".codex/config.toml": 'model = "other"\n', "README.md": "x\n" } },
    ...APP_SERVER,
    ...YES,
    why: "that Codex does not trust the folder's settings is a warning",
  },
  {
    name: "broken-agents-file",
    script: WORKS,
    lab: { files: { "AGENTS.md": "ERROR: failed to do anything. Status: failed\n" } },
    ...EXEC,
    ...YES,
    why: "what a file of the project says is not what Codex says",
  },
  {
    name: "unknown-provider",
    script: WORKS,
    lab: { config: 'model_provider = "mock"\nprofile = "none"\n' },
    ...EXEC,
    ...FATAL,
    why: "Codex can't load its configuration",
  },
  {
    name: "broken-config",
    script: WORKS,
    lab: { config: "this is [ not toml" },
    ...FATAL,
    why: "Codex can't load its configuration",
  },
];
