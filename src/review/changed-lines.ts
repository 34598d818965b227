/** First and last line, from 1, both included. */
export type LineRange = readonly [first: number, last: number];

/** What a review looks at in one changed file. */
export interface ChangedFileLines {
  /** Relative to the workspace, with `/`; of a deleted file the name that it had. */
  file: string;
  /** The name before a rename. */
  from?: string;
  deleted?: boolean;
  /**
   * The changed lines of the new file; where lines were only taken away, the line on either side of the gap. Empty: the
   * file has no lines that could be named (it is binary, deleted, or only its name or mode is another).
   */
  ranges: readonly LineRange[];
}

/** The whole change that is reviewed, with the files that no part looked at. */
export type ChangedLines = readonly ChangedFileLines[];
