import type { LineRange } from "./changed-lines.ts";

/** The diff of one file. */
export interface FileDiff {
  bytes: number;
  binary: boolean;
  ranges: LineRange[];
}

export interface DiffReader {
  push(piece: Buffer): void;
  /** The diffs in git's order. */
  end(): FileDiff[];
}

const LF = 0x0a;
const HEADER = Buffer.from("diff --git ");
const HUNK = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;
const LINE_HEAD = 200;

/**
 * Reads what `git diff -p` prints as it comes, and keeps of each file how long its diff is and which lines of the new
 * file are changed; where lines were only taken away, the lines on either side of the gap. The text itself is let go.
 */
export function readDiff(): DiffReader {
  const files: FileDiff[] = [];
  let file: FileDiff | undefined;
  let [oldLeft, newLeft, line, gap] = [0, 0, 0, false];
  let rest: Buffer = Buffer.alloc(0);

  const changed = (first: number, last: number): void => {
    const before = file?.ranges.at(-1);
    if (before && first <= before[1] + 1) file?.ranges.splice(-1, 1, [before[0], Math.max(before[1], last)]);
    else file?.ranges.push([first, last]);
  };
  /** `isLast`: no line of the hunk comes behind the gap, so the file ends there. */
  const closeGap = (isLast: boolean): void => {
    if (!gap) return;
    gap = false;
    const [first, last] = [Math.max(1, line - 1), isLast ? line - 1 : line];
    if (first <= last) changed(first, last);
  };

  const inHunk = (mark: number | undefined): void => {
    if (mark === 0x2b) {
      gap = false;
      changed(line, line);
      line++;
      newLeft--;
    } else if (mark === 0x2d) {
      gap = true;
      oldLeft--;
    } else if (mark !== 0x5c) {
      closeGap(false);
      line++;
      oldLeft--;
      newLeft--;
    }
    if (oldLeft <= 0 && newLeft <= 0) closeGap(true);
  };

  const readLine = (bytes: Buffer): void => {
    if (oldLeft > 0 || newLeft > 0) inHunk(bytes[0]);
    else if (bytes.subarray(0, HEADER.length).equals(HEADER)) {
      file = { bytes: 0, binary: false, ranges: [] };
      files.push(file);
    } else {
      const head = bytes.subarray(0, LINE_HEAD).toString("latin1");
      const hunk = HUNK.exec(head);
      if (hunk) {
        [oldLeft, newLeft, line] = [Number(hunk[1] ?? 1), Number(hunk[3] ?? 1), Number(hunk[2])];
        gap = false;
      } else if (file && (head.startsWith("Binary files ") || head.startsWith("GIT binary patch"))) file.binary = true;
    }
    if (file) file.bytes += bytes.length + 1;
  };

  return {
    push(piece) {
      let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF)) {
        readLine(bytes.subarray(0, at));
        bytes = bytes.subarray(at + 1);
      }
      rest = Buffer.from(bytes);
    },
    end() {
      if (rest.length > 0) readLine(rest);
      return files;
    },
  };
}
