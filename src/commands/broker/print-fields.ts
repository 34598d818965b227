import type { Io } from "../../cli/define.ts";
import { oneLinePath } from "../render-receipt.ts";

type Field = string | number | boolean | null | readonly string[];

/** What a verb says: a line for each field that there is, or one object with all of them. */
export function printFields(fields: Record<string, Field>, json: boolean, io: Io): void {
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [`${name}=${textOf(value)}`]));
  io.stdout.write(json ? `${JSON.stringify(fields)}\n` : `${lines.join("\n")}\n`);
}

const textOf = (value: Exclude<Field, null>): string =>
  oneLinePath(typeof value === "object" ? value.join(", ") : String(value));
