/** As CLAUDE-CODE.md 0 has it: no account, no update, and no host but the scripted one. */
export const claudeEnvironment = (home: string, port: number): NodeJS.ProcessEnv => ({
  TERM: "xterm",
  CLAUDE_CONFIG_DIR: home,
  ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
  ANTHROPIC_API_KEY: "test",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
});
