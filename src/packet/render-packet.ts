import { usageError } from "../core/errors.ts";
import type { EntryFile } from "../core/packet.ts";
import type { Draft } from "./draft.ts";
import { quoted } from "./fault.ts";
import type { FieldName } from "./field-names.ts";
import { scanFields, valueText } from "./field-scan.ts";

/**
 * A draft as a packet of fields, to be read, changed and handed over with `--packet`: it parses back to the same draft.
 * What no field can say (model, limits, engine, schema, output) is left out.
 */
export function renderPacket(draft: Draft): string {
  const fields = [
    word("MODE", draft.role),
    list("WORKDIR", draft.workspace === undefined ? undefined : [draft.workspace], path),
    list("PLAN", draft.plan === undefined ? undefined : [draft.plan], path),
    word("TASK ID", draft.taskId),
    text("OBJECTIVE", draft.goal),
    list("ENTRY FILES", draft.files, entry),
    list("WRITE SCOPE", draft.scope, path),
    list("NON-GOALS", draft.nonGoals, (one) => one),
    list("EXPECTED FILES", draft.expectFiles, path),
    checks(draft),
    text("DELIVERABLE", draft.deliverable),
    text("CONTEXT", draft.context),
    word(
      "ALLOW DIRTY OVERLAP",
      draft.allowDirtyOverlap === undefined ? undefined : draft.allowDirtyOverlap ? "yes" : "no",
    ),
  ];
  return `${fields.filter((field) => field !== "").join("\n\n")}\n`;
}

const word = (name: FieldName, value: string | undefined): string => (value === undefined ? "" : `${name}: ${value}`);

function list<Item>(name: FieldName, items: readonly Item[] | undefined, show: (item: Item) => string): string {
  if (items === undefined) return "";
  return items.length === 0 ? `${name}: none` : [`${name}:`, ...items.map((item) => `- ${show(item)}`)].join("\n");
}

/** In backticks, so that a blank or a comma in it stays its own. */
const path = (one: string): string => (one.includes("`") ? JSON.stringify(one) : `\`${one}\``);

function entry({ path: file, from, to }: EntryFile): string {
  return path(from === undefined ? file : `${file}:${to === undefined ? from : `${from}-${to}`}`);
}

/** As it is where it reads back as it is, else indented, so that no line of it can be taken for a field. */
function text(name: FieldName, value: string | undefined): string {
  if (value === undefined) return "";
  const indented = value.replace(/^(?=.*\S)/gm, "    ");
  return `${name}:\n${readsBack(name, value) ? value : indented}`;
}

function readsBack(name: FieldName, value: string): boolean {
  try {
    const [field, ...more] = scanFields(`${name}:\n${value}`, "");
    return field !== undefined && more.length === 0 && valueText(field) === value;
  } catch {
    return false;
  }
}

function checks({ verify, verifyProse }: Draft): string {
  if (verify === undefined && verifyProse === undefined) return "";
  const commands = verify ?? [];
  const prose = (verifyProse ?? []).map((one) => `- ${one}`);
  if (commands.length + prose.length === 0) return "VERIFICATION: none";
  const long = commands.find((command) => /(?<!\\)\n/.test(command));
  if (long !== undefined)
    throw usageError(
      `the check ${quoted(long)} has several lines, which a field can't hold`,
      "join them with && or keep the packet as front matter",
    );
  const fence = commands.some((command) => command.includes("```")) ? "~~~~" : "```";
  return ["VERIFICATION:", ...(commands.length === 0 ? [] : [fence, ...commands, fence]), ...prose].join("\n");
}
