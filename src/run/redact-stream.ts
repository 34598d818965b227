import { StringDecoder } from "node:string_decoder";
import { redact } from "../core/redact.ts";

/** A key block or a line that goes on for longer is given out in pieces. */
const HOLD_CHARS = 64 * 1024;
const CUTS_TRIED = 16;
const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_END = /-----END [A-Z0-9 ]{0,60}-----/;

/** Text that comes in pieces, without its secrets: wherever the pieces end, a secret across their border is seen whole. */
export interface RedactStream {
  /** What is sure by now; the unfinished line, or the unfinished key block, is kept until more comes. */
  push(chunk: Buffer): string;
  /** What was kept. Where the stream was cut off, its unfinished line may be half a secret and is not given out. */
  end(cutOff?: boolean): string;
}

export function createRedactStream(): RedactStream {
  const decoder = new StringDecoder("utf8");
  let kept = "";
  return {
    push(chunk) {
      const text = decoder.write(chunk);
      kept += text;
      if (!text.includes("\n") && kept.length <= HOLD_CHARS) return "";
      const cut = safeCut(kept);
      const done = redact(kept.slice(0, cut));
      kept = kept.slice(cut);
      return done;
    },
    end(cutOff = false) {
      const text = kept + decoder.end();
      kept = "";
      return redact(cutOff ? text.slice(0, text.lastIndexOf("\n") + 1) : text);
    },
  };
}

/** The end of the last whole line before an unfinished key block. */
function safeCut(text: string): number {
  const line = text.lastIndexOf("\n") + 1;
  const key = openKey(text);
  const cut = Math.min(line, key ?? line);
  return text.length - cut <= HOLD_CHARS ? cut : cutInside(text, key);
}

/** Where the last key block that has no end yet begins. */
function openKey(text: string): number | undefined {
  const last = [...text.matchAll(KEY_BEGIN)].at(-1);
  return last && !KEY_END.test(text.slice(last.index)) ? last.index : undefined;
}

/** In what is too long to be held: a place where it says the same in two parts as in one. A key block goes as it is. */
function cutInside(text: string, key: number | undefined): number {
  if (key !== undefined) return text.length;
  const whole = redact(text);
  let at = text.length;
  for (let tries = 0; tries < CUTS_TRIED; tries++) {
    at = lastSeparator(text, at - 1);
    if (at < text.length / 2) break;
    if (redact(text.slice(0, at)) + redact(text.slice(at)) === whole) return at;
  }
  return text.length;
}

/** No secret has one of these in it. */
function lastSeparator(text: string, before: number): number {
  for (let at = before; at > 0; at--) if (/[\s"'`\\<>]/.test(text[at] ?? "")) return at;
  return 0;
}
