import {
  accessSync,
  chmodSync,
  constants,
  linkSync,
  lstatSync,
  renameSync,
  type Stats,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { messageOf } from "../core/errors.ts";
import { fileReason, makePrivateDir } from "../sys/files.ts";
import { PLATFORM } from "../sys/platform.ts";
import { type Check, finding, type Outcome, ok, type World } from "./check.ts";
import { OTHER_HOME, shellWord } from "./shell-word.ts";
import { inTrialDir, nearestDir } from "./trial-place.ts";

/** A run writes a few megabytes at the most; git's objects for undo come on top. */
const LOW_BYTES = 200 * 1024 * 1024;
const NO_ROOM_BYTES = 5 * 1024 * 1024;

/** Whether records can be kept: the place itself, who may enter it, and what its file system can do. */
export const checkStateHome: Check = {
  id: "state-home",
  title: "State home",
  async run(world) {
    const home = world.home();
    let stat: Stats | undefined;
    try {
      stat = lstatSync(home, { throwIfNoEntry: false });
    } catch (error) {
      return unusable(home, fileReason(error));
    }
    if (stat?.isSymbolicLink()) return unusable(home, "it is a symbolic link");
    if (stat && !stat.isDirectory()) return unusable(home, "it is a file");
    const disk = await judgeDisk(home);
    if (disk?.status === "fail") return disk;
    if (home === world.workspace || home.startsWith(world.workspace + sep))
      return finding("warn", `${home} lies inside the workspace, among the files that runs work on`, OTHER_HOME);
    return disk ?? (stat ? judgeDir(home, stat, world) : absent(home));
  },
};

const unusable = (home: string, why: string): Outcome => finding("fail", `${home} can't be used: ${why}`, OTHER_HOME);

function absent(home: string): Outcome {
  const fix = { says: `make ${home}`, run: () => make(home) };
  return { ...ok(`${home} is not there yet; the first run makes it`), fix };
}

function make(home: string): string {
  makePrivateDir(home);
  return `made ${home}, for its owner alone`;
}

function judgeDir(home: string, { mode, uid }: Stats, { platform }: World): Outcome {
  const cure = `chmod 700 ${shellWord(home, platform)}`;
  if ((mode & 0o1000) !== 0) return unusable(home, "it is shared by all users; name a directory of your own");
  const own = process.getuid?.() ?? uid;
  if (uid !== own && own !== 0) return unusable(home, "it belongs to another user");
  if (platform !== "win32" && (mode & 0o077) !== 0) {
    const close = () => {
      chmodSync(home, 0o700);
      return `closed ${home} to other users`;
    };
    const open = `${home} is open to other users (${(mode & 0o777).toString(8)})`;
    return finding("warn", open, cure, { says: `close ${home} to other users`, run: close });
  }
  return ok(`${home}, for its owner alone`);
}

/** What is wrong with the disk below; undefined: nothing. */
async function judgeDisk(home: string): Promise<Outcome | undefined> {
  const parent = nearestDir(home);
  try {
    accessSync(parent, constants.W_OK);
    const { bavail, bsize } = statfsSync(parent);
    const free = bavail * bsize;
    const left = `${Math.floor(free / 1024 / 1024)} MB are free on the disk of ${home}`;
    if (free < NO_ROOM_BYTES) return finding("fail", left, `df -h ${shellWord(parent, PLATFORM)}`);
    await inTrialDir(parent, tryFiles);
    return free < LOW_BYTES ? finding("warn", left, `df -h ${shellWord(parent, PLATFORM)}`) : undefined;
  } catch (error) {
    const why = fileReason(error);
    return unusable(home, parent === home ? why : `${why} (in ${parent})`);
  }
}

/** Records are put in place by a rename, and made once by a link. */
function tryFiles(dir: string): void {
  const [one, two, three] = [join(dir, "one"), join(dir, "two"), join(dir, "three")];
  writeFileSync(one, "x");
  renameSync(one, two);
  try {
    linkSync(two, three);
  } catch (error) {
    throw new Error(`the file system of ${dirname(dir)} knows no links (${messageOf(error)})`);
  }
}
