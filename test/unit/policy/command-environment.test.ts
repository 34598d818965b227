import { describe, expect, it } from "vitest";
import { commandEnvironment, shellEnvironmentPolicy } from "../../../src/policy/command-environment.ts";

const OWN = { tmpDir: "/state/tmp/r-1", marker: "r-1" };
const OURS = { TMPDIR: "/state/tmp/r-1", TMP: "/state/tmp/r-1", TEMP: "/state/tmp/r-1", ASK_CODEX_RUN: "r-1" };

/** Codex's own reading of `include_only`: a name in any case, `*` for anything. */
function includes(policy: Record<string, unknown>, name: string): boolean {
  const patterns: unknown[] = Array.isArray(policy.include_only) ? policy.include_only : [];
  return patterns.some((pattern) => {
    const parts = String(pattern).toLowerCase().split("*");
    const [first = "", last = ""] = [parts[0], parts.at(-1)];
    const text = name.toLowerCase();
    return parts.length === 1 ? text === first : text.startsWith(first) && text.endsWith(last);
  });
}

/** Whether a variable of the caller reaches the commands, both of Codex and of ours: they must agree. */
function passes(name: string, extra: string[] = []): boolean {
  const ours = commandEnvironment({ [name]: "v" }, extra, OWN)[name] === "v";
  const codexs = includes(shellEnvironmentPolicy(extra, OWN), name);
  expect({ name, codexs }).toEqual({ name, codexs: ours });
  return ours;
}

describe("the variables that commands see", () => {
  it.each([
    ...["PATH", "HOME", "USER", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "NO_COLOR", "CI"],
    ...["XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "NVM_DIR", "FNM_DIR", "NODE_ENV", "VIRTUAL_ENV", "PYTHONPATH"],
    ...["JAVA_HOME", "GRADLE_USER_HOME", "GOPATH", "CARGO_HOME", "RUSTUP_HOME", "GEM_HOME", "DOTNET_ROOT"],
    ...["LD_LIBRARY_PATH", "SSL_CERT_FILE", "npm_config_cache", "SYSTEMROOT", "PATHEXT", "USERPROFILE"],
    ...["PROGRAMFILES(X86)", "ProgramFiles(x86)"],
    // Windows writes them so.
    ...["Path", "SystemRoot", "ComSpec", "path"],
  ])("%s", (name) => {
    expect(passes(name)).toBe(true);
  });

  it.each([
    ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"],
    ...["AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_API_KEY", "GCP_SERVICE_ACCOUNT_KEY"],
    ...["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_HOME", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
    ...["ANTHROPIC_BASE_URL", "CLAUDECODE", "CLAUDE_CODE_OAUTH_TOKEN", "GEMINI_API_KEY", "MISTRAL_API_KEY"],
    ...["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "BITBUCKET_TOKEN", "CI_JOB_TOKEN", "ACTIONS_RUNTIME_TOKEN"],
    ...["NPM_TOKEN", "NODE_AUTH_TOKEN", "npm_config__authToken", "npm_config_//registry.npmjs.org/:_authToken"],
    ...[
      "YARN_NPM_AUTH_TOKEN",
      "PYPI_TOKEN",
      "TWINE_PASSWORD",
      "PIP_INDEX_URL",
      "UV_INDEX_URL",
      "POETRY_PYPI_TOKEN_PYPI",
    ],
    ...["CARGO_REGISTRY_TOKEN", "GEM_HOST_API_KEY", "NUGET_API_KEY", "MAVEN_PASSWORD", "BUNDLE_RUBYGEMS__PKG"],
    ...["DATABASE_URL", "REDIS_URL", "MONGO_URI", "PGPASSWORD", "PGPASSFILE", "MYSQL_PWD", "DB_PASSWORD"],
    ...["SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_SSH_COMMAND"],
    ...["DOCKER_AUTH_CONFIG", "DOCKER_HOST", "KUBECONFIG", "VAULT_TOKEN", "VAULT_ADDR", "CONSUL_HTTP_TOKEN"],
    ...["SECRET_KEY", "JWT_SECRET", "SESSION_SECRET", "MY_API_KEY", "ROOT_PASSWORD", "ADMIN_PASSWD", "PASSWORD"],
    ...["SLACK_TOKEN", "STRIPE_SECRET_KEY", "TWILIO_AUTH_TOKEN", "SENTRY_AUTH_TOKEN", "DATADOG_API_KEY", "TF_VAR_x"],
    ...["HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"],
    ...["NODE_OPTIONS", "BASH_ENV", "ENV", "LD_PRELOAD", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "ASK_CODEX_HOME"],
    // Names that only begin or end like one that passes.
    ...[
      "PATH_TOKEN",
      "MY_PATH",
      "HOME_SECRET",
      "XLC_ALL",
      "LCX",
      "CI_TOKEN",
      "GOPATH2",
      "PROGRAMFILESX86",
      "NODE_PATHX",
    ],
  ])("not %s", (name) => {
    expect(passes(name)).toBe(false);
  });

  it.each(["OPENAI_API_KEY", "MY_TOKEN", "DATABASE_URL"])("%s where it was named", (name) => {
    expect(passes(name, [name])).toBe(true);
    expect(passes(`${name}_2`, [name])).toBe(false);
    expect(passes(`X_${name}`, [name])).toBe(false);
  });

  it("are the run's own above the caller's, whatever was named", () => {
    const env = { TMPDIR: "/tmp", TMP: "/x", TEMP: "/y", ASK_CODEX_RUN: "r-other", PATH: "/bin" };
    expect(commandEnvironment(env, ["TMPDIR", "ASK_CODEX_RUN"], OWN)).toEqual({ PATH: "/bin", ...OURS });
    expect(commandEnvironment({}, [], OWN)).toEqual(OURS);
  });

  it("are what the caller has, and are not changed for it", () => {
    const env = { PATH: "/bin", LANG: "", SECRET: "s" };
    expect(commandEnvironment(env, [], OWN)).toEqual({ PATH: "/bin", LANG: "", ...OURS });
    expect(env).toEqual({ PATH: "/bin", LANG: "", SECRET: "s" });
  });
});

describe("Codex's shell_environment_policy", () => {
  it("sets the run's own variables, and lets them through its own list", () => {
    const policy = shellEnvironmentPolicy(["MY_TOKEN"], OWN);
    expect(policy).toMatchObject({ inherit: "all", ignore_default_excludes: true, set: OURS });
    for (const name of ["MY_TOKEN", ...Object.keys(OURS)]) expect(includes(policy, name), name).toBe(true);
  });

  it("never lets everything through", () => {
    const { include_only: patterns } = shellEnvironmentPolicy([], OWN);
    expect(Array.isArray(patterns) && patterns.length > 0).toBe(true);
    expect(Array.isArray(patterns) && patterns.filter((one) => !/^[A-Za-z][\w()]*\*?$/.test(one))).toEqual([]);
  });
});
