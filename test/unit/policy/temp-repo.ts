import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tempDir } from "../sys/temp-dir.ts";

export interface TempRepo {
  /** What is around the repository: other work trees go here. */
  outside: string;
  dir: string;
  env: NodeJS.ProcessEnv;
  git(...args: string[]): string;
  write(files: Record<string, string | Buffer>): void;
  path(name: string): string;
}

/** A real repository with one commit of `files`, in a directory of its own, untouched by the user's configuration. */
export function tempRepo(files: Record<string, string> = { "a.txt": "a\n", "src/b.txt": "b\n" }): TempRepo {
  const outside = tempDir();
  const dir = join(outside, "a repo");
  const home = join(outside, "home");
  mkdirSync(dir);
  mkdirSync(home);
  writeFileSync(
    join(home, ".gitconfig"),
    "[user]\nname = u\nemail = u@example.invalid\n[init]\ndefaultBranch = main\n",
  );
  const env = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: dir, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const write: TempRepo["write"] = (named) => {
    for (const [name, text] of Object.entries(named)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
  };
  git("init", "-q");
  write(files);
  if (Object.keys(files).length > 0) {
    git("add", "-A");
    git("commit", "-q", "-m", "start");
  }
  return {
    outside,
    dir,
    env,
    git,
    write,
    path: (name) => join(dir, name),
  };
}

/** Every file below a directory with its mode and the hash of its content, and nothing of its times. */
export function fingerprint(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (at: string, name: string) => {
    const stat = lstatSync(at);
    if (stat.isDirectory()) for (const each of readdirSync(at)) walk(join(at, each), join(name, each));
    else if (stat.isFile())
      found[name] = `${stat.mode.toString(8)} ${createHash("sha1").update(readFileSync(at)).digest("hex")}`;
    else found[name] = "other";
  };
  walk(dir, "");
  return found;
}
