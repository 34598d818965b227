import { linkSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AskCodexError, errorCode } from "../core/errors.ts";
import type { Owner } from "../core/request.ts";
import { attempt, makePrivateDir, putWhole } from "../sys/files.ts";
import { isAlive } from "../sys/owner.ts";

/*
 * The line of the background runs of one state home: `slots/<number>.json`, a ticket for each run that waits or goes
 * on; the lower number begins first. Nothing heavy is imported here: a hundred brokers may wait at once.
 */

/** Whose place a ticket is. */
export interface Ticket {
  version: 1;
  run_id: string;
  owner: Owner;
  /** The folder of the run's record. */
  record: string;
}

/** How a ticket stands; `lost`: it is not there any more, so its owner has no place. */
export type Place = { ahead: number; isFree: boolean } | "lost";

export interface Slot {
  /** Takes a number behind all others. */
  take(): void;
  /** Whether fewer than `max` runs are before it; removes tickets of the dead that are in the way. */
  look(max: number): Place;
  /** Gives the place to the next one. */
  leave(): void;
}

export const slotsDir = (home: string): string => join(home, "slots");

/** The place of one run. `onForeign` hears once of each file that lies in the line and is not ours. */
export function createSlot(home: string, ticket: Ticket, onForeign: (path: string) => void): Slot {
  const dir = slotsDir(home);
  const foreign = new Set<number>();
  let mine: number | undefined;

  const read = (number: number): Ticket | undefined => {
    if (foreign.has(number)) return undefined;
    const path = pathOf(dir, number);
    const text = attempt(() => readFileSync(path, "utf8"));
    const found = text === undefined ? undefined : parseTicket(text);
    // One that is gone meanwhile is nobody's fault.
    if (found === undefined && text !== undefined) {
      foreign.add(number);
      onForeign(path);
    }
    return found;
  };

  const remove = (number: number, of: Ticket): void => {
    if (read(number)?.run_id === of.run_id) attempt(() => rmSync(pathOf(dir, number), { force: true }));
  };

  /**
   * Whoever looked for the highest number long ago would take one that was given back since, before those who came
   * meanwhile and never counted it. The last look finds them, and then the number is not kept.
   */
  const takeOne = (): number | undefined => {
    let number = nextNumber(numbersIn(dir).findLast((one) => read(one) !== undefined));
    while (!make(pathOf(dir, number), ticket)) number++;
    const last = numbersIn(dir).findLast((one) => read(one) !== undefined);
    if (last === undefined || last <= number) return number;
    remove(number, ticket);
    return undefined;
  };

  return {
    take() {
      makePrivateDir(dir);
      do mine = takeOne();
      while (mine === undefined);
    },
    look(max) {
      const numbers = numbersIn(dir);
      if (mine === undefined || !numbers.includes(mine)) return "lost";
      const before = numbers.slice(0, numbers.indexOf(mine)).filter((number) => !foreign.has(number));
      let [alive, gone] = [0, 0];
      for (const number of before) {
        if (alive >= max) break;
        const found = read(number);
        if (found && isAlive(found.owner)) {
          alive++;
          continue;
        }
        gone++;
        if (found) remove(number, found);
      }
      return { ahead: before.length - gone, isFree: alive < max };
    },
    leave() {
      if (mine !== undefined) remove(mine, ticket);
      mine = undefined;
    },
  };
}

const pathOf = (dir: string, number: number): string => join(dir, `${number}.json`);

/** By the clock, so that no number is ever given twice, and whoever removes a dead ticket can't meet a new one in its place. */
const nextNumber = (highest = 0): number => Math.max(highest + 1, Date.now());

/** A ticket means nothing after a power failure, so nothing waits for the disk: the next look is to come at once. */
function make(path: string, ticket: Ticket): boolean {
  try {
    putWhole(path, `${JSON.stringify(ticket)}\n`, { lasting: false, put: linkSync });
    return true;
  } catch (error) {
    if (error instanceof AskCodexError && errorCode(error.cause) === "EEXIST") return false;
    throw error;
  }
}

const numbersIn = (dir: string): number[] =>
  (attempt(() => readdirSync(dir)) ?? [])
    .flatMap((name) => (/^[1-9]\d{0,14}\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((one, two) => one - two);

function parseTicket(text: string): Ticket | undefined {
  const value: unknown = attempt(() => JSON.parse(text));
  if (typeof value !== "object" || value === null) return undefined;
  if (!("version" in value && "run_id" in value && "owner" in value && "record" in value)) return undefined;
  const { version, run_id, owner, record } = value;
  if (version !== 1 || typeof run_id !== "string" || typeof record !== "string" || !isOwner(owner)) return undefined;
  return { version, run_id, owner, record };
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== "object" || value === null) return false;
  if (!("pid" in value && "startTime" in value && "bootId" in value)) return false;
  return typeof value.pid === "number" && typeof value.startTime === "string" && typeof value.bootId === "string";
}
