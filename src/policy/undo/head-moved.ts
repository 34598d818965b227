import { join } from "node:path";
import { readIfThere } from "../../sys/files.ts";
import { gitOfUser, type StorePlace } from "../trees/git.ts";

/** Whether HEAD moved after a moment, told by its reflog; false where nobody can say. */
export async function headMovedSince(place: Omit<StorePlace, "dir">, moment: Date): Promise<boolean> {
  const asked = await gitOfUser(place, ["rev-parse", "--path-format=absolute", "--git-dir"]);
  if (asked.exitCode !== 0) return false;
  const log = readIfThere(join(asked.stdout.toString("utf8").replace(/\n$/, ""), "logs", "HEAD")) ?? "";
  const last = log.trimEnd().split("\n").at(-1) ?? "";
  const seconds = /> (\d+) [+-]\d{4}(\t|$)/.exec(last)?.[1];
  return seconds !== undefined && Number(seconds) * 1000 > moment.getTime();
}
