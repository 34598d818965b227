import type { PolicyRecord } from "../../core/policy.ts";
import type { StorePlace } from "../trees/git.ts";
import { blobSources, dirsOf, findBlobs, trustsModes } from "./blob-source.ts";
import { aboveOf } from "./change-paths.ts";
import type { Look } from "./look.ts";
import { lookAtPath } from "./look-at-paths.ts";
import { changesToUndo, formatOf, type Side, sidesOf } from "./sides.ts";

/** Looks at every path that a run changed and at the stores with its contents; writes nothing. */
export async function lookForUndo(
  place: StorePlace,
  record: PolicyRecord,
  options: { outOfScope: boolean },
): Promise<Look> {
  const sides: Side[] = changesToUndo(record, options.outOfScope).flatMap((change) => {
    const found = sidesOf(change);
    return typeof found === "string" ? [] : found;
  });
  const sources = blobSources(place);
  const blobs = [...new Set(sides.flatMap((side) => side.before?.blob ?? []))];
  const found = await findBlobs(sources, blobs);
  const maybeNew = new Set(sides.filter((side) => side.before === null).flatMap((side) => aboveOf(side.path)));
  const tree = maybeNew.size > 0 ? record.trees.before : null;
  const before = tree === null ? undefined : await dirsOf(sources, tree);
  return {
    seen: new Map(sides.map((side) => [side.path, lookAtPath(place.workspace, side.path, formatOf(side))])),
    modes: await trustsModes(sources),
    missing: new Set(blobs.filter((id) => !found.has(id))),
    newDirs: new Set(before ? [...maybeNew].filter((dir) => !before.has(dir)) : []),
  };
}
