import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { secretsOf } from "../../../src/policy/secrets.ts";
import { tempDir } from "../sys/temp-dir.ts";

/** A home, a home of Codex's and a workspace with these files; a name that ends with "/" is a directory. */
function world(...names: string[]) {
  const dir = tempDir();
  for (const name of ["home", "codex", "work"]) mkdirSync(join(dir, name));
  for (const name of names) {
    mkdirSync(name.endsWith("/") ? join(dir, name) : dirname(join(dir, name)), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(join(dir, name), "");
  }
  const places = { home: join(dir, "home"), codexHome: join(dir, "codex"), workspace: join(dir, "work") };
  const secrets = (...extra: string[]) => secretsOf({ ...places, extra });
  return {
    dir,
    secrets,
    paths: (...extra: string[]) => secrets(...extra).paths.map((path) => path.slice(dir.length + 1)),
  };
}

const IN_HOME = [
  ...[".ssh/", ".gnupg/", ".aws/", ".azure/", ".kube/", ".docker/config.json", ".config/gcloud/", ".config/gh/"],
  ...[".config/git/credentials", ".git-credentials", ".netrc", ".npmrc", ".pypirc", ".cargo/credentials.toml"],
  ...[".terraform.d/credentials.tfrc.json", ".vault-token", ".password-store/", ".local/share/keyrings/"],
  ...[".claude/", ".claude.json", ".mozilla/", ".config/chromium/", "Library/Keychains/"],
];
const IN_CODEX_HOME = [
  ...["auth.json", ".credentials.json", "config.toml", "history.jsonl", "sessions/", "archived_sessions/", "log/"],
];

describe("secrets at known places", () => {
  it.each(IN_HOME)("in the home: %s", (name) => {
    expect(world(`home/${name}`).paths()).toEqual([`home/${name.replace(/\/$/, "")}`]);
  });

  it.each(IN_CODEX_HOME)("in Codex's own: %s", (name) => {
    expect(world(`codex/${name}`).paths()).toEqual([`codex/${name.replace(/\/$/, "")}`]);
  });

  it("are named only where they are: what is not there can't be closed", () => {
    expect(world().paths()).toEqual([]);
    expect(world("home/.ssh/", "codex/auth.json").paths()).toEqual(["home/.ssh", "codex/auth.json"]);
  });

  it("are not the rest of the homes", () => {
    const harmless = ["home/.bashrc", "home/.config/x", "home/.cargo/bin/", "home/.docker/x", "codex/version.json"];
    expect(world(...harmless).paths()).toEqual([]);
  });

  it("may be links", () => {
    const { dir, paths } = world("elsewhere/");
    symlinkSync("../elsewhere", join(dir, "home", ".ssh"));
    expect(paths()).toEqual(["home/.ssh"]);
  });
});

describe("secrets in the workspace", () => {
  it.each([
    ...[".env*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "id_rsa", "id_ed25519", ".netrc"],
    ...[".pypirc", ".git-credentials"],
  ])("%s, wherever in it, and whether they are there or not", (pattern) => {
    expect(world().secrets().workspace).toContain(`**/${pattern}`);
  });

  it("are relative to it, without dots, as Codex wants them", () => {
    for (const pattern of world().secrets().workspace) expect(pattern).not.toMatch(/^\/|(^|\/)\.\.?(\/|$)|\/$/);
  });
});

describe("secrets in a workspace whose own path has a wildcard character", () => {
  it.each(["a*b", "[a]", "a?", "{a,b}", "a\\b"])("are looked up by us, for Codex can't: %s", (name) => {
    const dir = tempDir();
    const workspace = join(dir, name);
    for (const file of [".env", "src/.env.local", "src/deep/x.pem", "src/a.ts", "vault/x", "node_modules/p/.env"]) {
      mkdirSync(dirname(join(workspace, file)), { recursive: true });
      writeFileSync(join(workspace, file), "");
    }
    const found = secretsOf({
      workspace,
      home: join(dir, "h"),
      codexHome: join(dir, "c"),
      extra: ["vault/", "src/*.ts"],
    });
    expect(found.workspace.toSorted()).toEqual([".env", "src/.env.local", "src/a.ts", "src/deep/x.pem", "vault"]);
  });
});

describe("secrets that settings name", () => {
  it.each<[name: string, there: string[], entry: string, paths: string[]]>([
    ["from the home", ["home/tokens"], "~/tokens", ["home/tokens"]],
    ["a directory of the home", ["home/vault/x"], "~/vault", ["home/vault"]],
    ["what is known already", ["home/.ssh/"], "~/.ssh", ["home/.ssh"]],
    ["what is not there", [], "~/tokens", []],
  ])("%s: %s", (_, there, entry, paths) => {
    expect(world(...there).paths(entry)).toEqual(paths);
  });

  it("by an absolute path, where it is there", () => {
    const { dir, paths } = world("data/key");
    expect(paths(join(dir, "data/key"), join(dir, "data/none"))).toEqual(["data/key"]);
  });

  it("by an absolute glob, which Codex looks up itself", () => {
    const { dir, paths } = world();
    expect(paths(join(dir, "data/*.key"), "~/**/token?")).toEqual(["data/*.key", "home/**/token?"]);
  });

  it.each<[name: string, there: string[], entry: string, named: string[]]>([
    ["a file of the workspace", ["work/conf/prod.yml"], "conf/prod.yml", ["conf/prod.yml"]],
    ["a directory of it", ["work/secrets/x"], "secrets", ["secrets"]],
    ["a directory with a slash", ["work/secrets/x"], "secrets/", ["secrets"]],
    ["a glob", [], "conf/*.secret.yml", ["conf/*.secret.yml"]],
    ["what is not there", [], "conf/prod.yml", []],
    ["a ~ that is no home", ["work/~x"], "~x", ["~x"]],
  ])("%s", (_, there, entry, named) => {
    const { secrets } = world(...there);
    const before = new Set(secrets().workspace);
    expect(secrets(entry).workspace.filter((one) => !before.has(one))).toEqual(named);
  });

  it("with dots are written as Codex takes them, or Codex does not start", () => {
    const { secrets } = world("work/secrets/x", "beside/key");
    const { workspace, paths } = secrets("./secrets", "../beside/key");
    expect(workspace).toContain("secrets");
    expect(workspace.filter((one) => one.split("/").some((part) => part === "." || part === ".."))).toEqual([]);
    expect(paths).toEqual([expect.stringMatching(/beside\/key$/)]);
  });
});
