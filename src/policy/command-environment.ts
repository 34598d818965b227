import { RUN_MARKER } from "../sys/environment.ts";

/**
 * The variables of the caller that the commands of a run see: what programs need to be found and to work, and none
 * that is known to hold a key. Everything else needs `--env NAME`. `*` is a wildcard, as in Codex's `include_only`.
 */
const ALLOWED = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "COLORTERM"],
  ...["NO_COLOR", "FORCE_COLOR", "CI", "EDITOR", "HOSTNAME"],
  ...["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"],
  // Where toolchains are.
  ...["NVM_DIR", "NVM_BIN", "NODE_PATH", "NODE_ENV", "VOLTA_HOME", "FNM_*", "PNPM_HOME", "BUN_INSTALL", "DENO_DIR"],
  ...["COREPACK_HOME", "npm_config_cache", "npm_config_prefix", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"],
  ...["PYENV_ROOT", "PYTHONPATH", "PIPX_HOME", "UV_CACHE_DIR", "POETRY_HOME", "JAVA_HOME", "JDK_HOME", "MAVEN_HOME"],
  ...["M2_HOME", "GRADLE_HOME", "GRADLE_USER_HOME", "SDKMAN_DIR", "ANDROID_HOME", "ANDROID_SDK_ROOT", "GOPATH"],
  ...["GOROOT", "GOCACHE", "GOMODCACHE", "GOFLAGS", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RBENV_ROOT"],
  ...["RUBYOPT", "GEM_HOME", "GEM_PATH", "BUNDLE_PATH", "DOTNET_ROOT", "COMPOSER_HOME", "ASDF_DIR", "ASDF_DATA_DIR"],
  ...[
    "MISE_DATA_DIR",
    "HOMEBREW_PREFIX",
    "NIX_PATH",
    "NIX_PROFILES",
    "NIX_SSL_CERT_FILE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
  ],
  ...["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PKG_CONFIG_PATH", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS"],
  // Windows finds nothing without these.
  ...["SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"],
  ...[
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "PROGRAMW6432",
    "PROCESSOR_ARCHITECTURE",
    "NUMBER_OF_PROCESSORS",
  ],
];

/** What every command of a run has on top: its own temporary directory, and the marker that a sweep finds it by. */
export interface OwnVariables {
  tmpDir: string;
  marker: string;
}

const own = ({ tmpDir, marker }: OwnVariables): Record<string, string> => ({
  TMPDIR: tmpDir,
  TMP: tmpDir,
  TEMP: tmpDir,
  [RUN_MARKER]: marker,
});

/** Codex's `shell_environment_policy` for the commands of a run. */
export const shellEnvironmentPolicy = (extra: readonly string[], variables: OwnVariables): Record<string, unknown> => ({
  inherit: "all",
  // Its own list of suspicious names would take away what --env named; the allowlist below is narrower.
  ignore_default_excludes: true,
  include_only: [...ALLOWED, ...extra, ...Object.keys(own(variables))],
  set: own(variables),
});

/** The same environment for the commands that we run ourselves in the sandbox. */
export function commandEnvironment(
  env: NodeJS.ProcessEnv,
  extra: readonly string[],
  variables: OwnVariables,
): NodeJS.ProcessEnv {
  const patterns = [...ALLOWED, ...extra].map(
    (name) => new RegExp(`^${name.replace(/[.()]/g, "\\$&").replaceAll("*", ".*")}$`, "i"),
  );
  const kept = Object.entries(env).filter(([name]) => patterns.some((pattern) => pattern.test(name)));
  return { ...Object.fromEntries(kept), ...own(variables) };
}
