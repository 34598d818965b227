import { EXIT_TABLE } from "../../core/exit-table.ts";
import type { Receipt } from "../../core/record.ts";
import { redact } from "../../core/redact.ts";
import type { TakenItem } from "../../inbox/take-items.ts";
import { fitLines, type Line, shortText } from "../broker/fit-lines.ts";
import { oneLinePath } from "../render-receipt.ts";

export interface InboxReader {
  self: (script: string) => string;
  /** Somebody in a terminal: told whom each item is for. */
  person: boolean;
  /** Items of more than one workspace. */
  all: boolean;
}

/** An item of the inbox for a program; what does not apply is null. */
export interface DescribedItem {
  run_id: string;
  what: "finished" | "question" | "unreadable";
  verdict: Receipt["verdict"] | null;
  exit_code: number | null;
  session_id: string | null;
  files_changed: number | null;
  verification: Receipt["verification"] | null;
  output_path: string | null;
  reason: string | null;
  question: string | null;
  options: string[];
  next: string;
  /** The command that answers, or goes on. */
  command: string | null;
  workspace: string | null;
  record: string;
  /** The Claude session that it waits for; null: whoever asks first. */
  for: { session: string; alive: boolean } | null;
}

export function describeItem(item: TakenItem, { self }: InboxReader): DescribedItem {
  const { content, runId } = item;
  const say = (text: string) => `${self("ask_codex")} --session ${runId} "${text}"`;
  const base = {
    ...NOTHING,
    run_id: runId,
    what: content.kind,
    workspace: item.workspace,
    record: item.dir,
    for: item.owed,
  };
  if (content.kind === "unreadable")
    return { ...base, reason: redact(content.reason), next: "look at its record; nothing else of it can be told" };
  if (content.kind === "question")
    return {
      ...base,
      verdict: "question",
      exit_code: 4,
      question: redact(content.question.question),
      options: content.question.options.map(redact),
      next: "answer it: the turn waits",
      command: say("…"),
    };
  const { receipt } = content;
  return {
    ...base,
    verdict: receipt.verdict,
    exit_code: receipt.exit_code,
    session_id: receipt.session_id,
    files_changed: receipt.files_changed?.length ?? null,
    verification: receipt.verification,
    output_path: receipt.output_path,
    reason: receipt.reason,
    question: receipt.question?.question ?? null,
    options: receipt.question?.options ?? [],
    next: nextOf(receipt),
    command: receipt.session_id === null ? null : commandOf(receipt.verdict, say),
  };
}

const NOTHING = {
  verdict: null,
  exit_code: null,
  session_id: null,
  files_changed: null,
  verification: null,
  output_path: null,
  reason: null,
  question: null,
  options: [],
  command: null,
};

function nextOf({ verdict, next, files_changed: files }: Receipt): string {
  if (verdict === "done" && files?.length === 0) return "read the answer, go on";
  return next ?? EXIT_TABLE.find((row) => row.verdict === verdict)?.next ?? "look at the record";
}

/** Ends after which there is nothing to say to the session, or going on would only fail again. */
const NO_COMMAND = new Set<string>(["done", "cancelled", "fatal", "violation", "refused"]);

function commandOf(verdict: Receipt["verdict"], say: (text: string) => string): string | null {
  if (NO_COMMAND.has(verdict)) return null;
  return say(verdict === "question" || verdict === "blocked" ? "…" : "go on");
}

/** The inbox in a few lines; an empty one is one. */
export function renderInbox(items: readonly TakenItem[], more: number, reader: InboxReader): string {
  if (items.length === 0) return "inbox: empty\n";
  const rest = more === 0 ? "" : `, ${more} more when ${reader.person ? "some of them" : "these"} are acknowledged`;
  const ack = ackCommand(items, reader);
  return [
    `inbox: ${items.length} ${items.length === 1 ? "item" : "items"}${rest}\n`,
    ...items.map((item) => renderItem(describeItem(item, reader), reader)),
    ...(ack === null ? [] : [`ack: ${ack}\n`]),
  ].join("\n");
}

/** Less than 400 bytes, with its line end. */
const ITEM_BYTES = 399;
/** A path or a command that is longer would leave no room for what is to be said. */
const LONG_BYTES = 160;

/** One item in a few lines. */
export function renderItem(item: DescribedItem, { person, all }: InboxReader): string {
  const lines: (Line | undefined)[] = [
    { text: headOf(item) },
    outputOf(item),
    item.question === null ? undefined : { text: `question: ${shortText(item.question, 300)}`, atMost: 300 },
    item.options.length === 0
      ? undefined
      : { text: `options: ${shortText(item.options.join(" | "), 120)}`, atMost: 120, rank: 1 },
    isPlain(item) ? undefined : { text: `reason: ${shortText(item.reason ?? "", 160)}`, atMost: 160, rank: 1 },
    person ? { text: `for: ${forWhom(item)}`, atMost: 80, rank: 2 } : undefined,
    all && item.workspace !== null
      ? { text: `workspace: ${oneLinePath(item.workspace)}`, atMost: 120, rank: 3 }
      : undefined,
    { text: `next: ${shortText(item.next, 120)}`, atMost: 120, rank: 2 },
    item.command === null ? undefined : { text: commandLine(item, item.command) },
  ];
  return fitLines(
    lines.filter((line) => line !== undefined),
    ITEM_BYTES,
  );
}

/** What went well, and a question that is said anyway, need no reason. */
const isPlain = ({ verdict }: DescribedItem): boolean => verdict === "done" || verdict === "question";

function headOf(item: DescribedItem): string {
  if (item.what === "unreadable") return `run_id=${item.run_id} unreadable`;
  const head = `run_id=${item.run_id} verdict=${item.verdict} exit_code=${item.exit_code}`;
  if (item.what === "question") return head;
  return `${head} files_changed=${item.files_changed ?? "unknown"} verification=${item.verification}`;
}

function outputOf({ what, output_path: path, run_id: runId }: DescribedItem): Line | undefined {
  if (what !== "finished") return undefined;
  const text = path === null ? undefined : `output_path=${oneLinePath(path)}`;
  const isLong = text === undefined || Buffer.byteLength(text) > LONG_BYTES;
  return { text: isLong ? `answer in: codex_runs result ${runId} --answer` : text };
}

function commandLine({ verdict, run_id: runId }: DescribedItem, command: string): string {
  const label = verdict === "question" || verdict === "blocked" ? "answer" : "resume";
  if (Buffer.byteLength(command) <= LONG_BYTES) return `${label}: ${command}`;
  return `${label}: ask_codex --session ${runId} "…"`;
}

function forWhom({ for: owed }: DescribedItem): string {
  if (owed === null) return "whoever asks first";
  return `the Claude session ${shortText(owed.session, 48)}${owed.alive ? "" : ", which is gone"}`;
}

/**
 * The command that acknowledges what was shown, by the names of it alone: what came meanwhile is not read yet. A
 * question is over when it is answered; nobody puts one aside for the session that it waits for.
 */
export function ackCommand(items: readonly TakenItem[], { self, person }: InboxReader): string | null {
  const read = items.filter(({ content }) => !person || content.kind !== "question");
  if (read.length === 0) return null;
  return `${self("codex_runs")} inbox ${read.map(({ runId }) => `--ack ${runId}`).join(" ")}`;
}
