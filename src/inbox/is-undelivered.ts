import { join } from "node:path";
import { readRequest } from "../run/record.ts";
import { isThere } from "../sys/files.ts";
import { isAcknowledged } from "./item-store.ts";

/**
 * Whether the end of a background run waits for somebody to read it. Such a record must outlive `codex_runs gc` for as
 * long as anything is kept. Throws where the request does not parse.
 */
export const isUndelivered = (dir: string): boolean =>
  !isAcknowledged(dir, "finished") && readRequest(dir).background !== undefined && isThere(join(dir, "result.json"));
