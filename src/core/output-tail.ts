import { OUTPUT_TAIL_CHARS } from "./event.ts";
import { redact } from "./redact.ts";

/** The end of a command's output. A secret is taken out before it could be cut in two, when nobody would know it any more. */
export const outputTail = (output: string): string =>
  output.length <= OUTPUT_TAIL_CHARS ? output : redact(output).slice(-OUTPUT_TAIL_CHARS);
