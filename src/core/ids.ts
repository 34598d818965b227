import { randomBytes, randomInt } from "node:crypto";

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
const RUN_ID = /^r-\d{8}-\d{6}-[a-z0-9]{4}$/;
const MESSAGE_ID = /^m-\d{8}-\d{6}-[a-z0-9]{6}$/;
const REVIEW_ID = /^v-\d{8}-\d{6}-[a-z0-9]{4}$/;
const BROKER_ID = /^b-\d{8}-\d{6}-[a-z0-9]{4}$/;
const THREAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `r-20261121-051103-k7qz`: sorts by time (UTC), and four letters keep parallel starts apart. */
export const newRunId = (now: Date): string => `r-${stamp(now)}-${letters(4)}`;
export const newBrokerId = (now: Date): string => `b-${stamp(now)}-${letters(4)}`;

export const newReviewId = (now: Date): string => `v-${stamp(now)}-${letters(4)}`;

export const newMessageId = (now: Date): string => `m-${stamp(now)}-${letters(6)}`;
/** 128 bits that only who may read a record knows. */
export const newToken = (): string => randomBytes(16).toString("hex");

export const isMessageId = (id: string): boolean => MESSAGE_ID.test(id);
export const isRunId = (id: string): boolean => RUN_ID.test(id);
export const isReviewId = (id: string): boolean => REVIEW_ID.test(id);
export const isBrokerId = (id: string): boolean => BROKER_ID.test(id);
/** Codex's thread ids are UUIDs; a *name* must never reach `resume`, which would silently start a new thread (CODEX.md surprise 2). */
export const isThreadId = (id: string): boolean => THREAD_ID.test(id);

function stamp(now: Date): string {
  const [day = "", time = ""] = now.toISOString().split("T");
  return `${day.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}`;
}

function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
