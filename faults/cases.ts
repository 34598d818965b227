import { createHash } from "node:crypto";

/** The moments of a session at which it is injured, in the order in which a session comes by them; the last is any of them. */
export const POINTS = [
  "broker-starting",
  "thread-open",
  "prompt-sent",
  "turn-started",
  "streaming",
  "mid-command",
  "strays",
  "between-commands",
  "question-parked",
  "steered",
  "queued-behind",
  "interrupting",
  "verifying",
  "finishing",
  "idle",
  "resuming",
  "stopping",
  "anywhere",
] as const;
export type PointName = (typeof POINTS)[number];

/** What is done to it: kill -9 of the broker, of Codex, of both; SIGSTOP of the broker for a while; a full disk. */
export const FAULTS = ["kill-broker", "kill-codex", "kill-both", "stop-broker", "full-disk"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Case {
  point: PointName;
  fault: Fault;
  /** How far into the moment the injury comes: from 0 up to 1. */
  jitter: number;
}

export interface Selection {
  seed: number;
  /** So many points of each fault; absent: all. */
  sample?: number;
  /** POINT, FAULT or POINT/FAULT; empty: all. */
  only: readonly string[];
}

/** The cases of a campaign, by fault and point: the same selection gives the same cases. */
export function planCases({ seed, sample = POINTS.length, only }: Selection): Case[] {
  const planned = FAULTS.flatMap((fault) =>
    POINTS.toSorted((one, two) => fraction(seed, fault, one) - fraction(seed, fault, two))
      .slice(0, sample)
      .toSorted((one, two) => POINTS.indexOf(one) - POINTS.indexOf(two))
      .map((point) => ({ point, fault, jitter: fraction(seed, point, fault, "jitter") })),
  );
  return only.length === 0 ? planned : planned.filter((one) => only.some((word) => namesOf(one).includes(word)));
}

/** The words that select a case. */
export const namesOf = ({ point, fault }: Case): string[] => [point, fault, `${point}/${fault}`];

/** Whether any case has that name. */
export const isSelector = (word: string): boolean =>
  POINTS.some((point) => FAULTS.some((fault) => namesOf({ point, fault, jitter: 0 }).includes(word)));

/** A number from 0 up to 1 that the words alone decide. */
export function fraction(...words: readonly (string | number)[]): number {
  return createHash("sha256").update(words.join("\0")).digest().readUInt32BE(0) / 2 ** 32;
}
