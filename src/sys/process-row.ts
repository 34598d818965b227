/** One live process. `startTime` is opaque: equal only for the same process, so that a reused pid is told apart. */
export interface ProcessRow {
  pid: number;
  ppid: number;
  /** The process that leads its session, which it keeps when its parent dies; 0 where the system does not say. */
  session: number;
  /** "" where the system would not tell it. */
  startTime: string;
  zombie: boolean;
  name: string;
}
