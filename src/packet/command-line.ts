import { KNOWN_PROGRAMS, SUBCOMMANDS, TEXT_PROGRAMS, WEAK_PROGRAMS, WORD_PROGRAMS } from "./known-programs.ts";

/** What a command does in a sentence about it ("npm test must pass"); the command is what stands before it. */
const OUTCOME =
  /^(?:pass(?:es)?|succeeds?|is|are|must|should|shall|will|exits|stays?|remains?|reports|shows|prints|returns|works|finishes|completes|fails|\w{2,6}n't)$/i;
/** Other words that no command has and a sentence goes on with. */
const SENTENCE =
  /^(?:sure|certain|through|over|the|an?|that|this|these|those|it|its|which|when|while|if|with|without|for|from|in|on|of|to|at|by|after|before|until|because|so|no|not|every|each|can|has|have|does|and|or|then)$/i;
/** A shell's own signs: what stands behind one is not ours to read. An apostrophe in a word is none. */
const SHELL = /[$|&;<>\\]|(?:^|[\s=(])["']/;
const OPTION_OR_PATH = /(?:^|\s)-{1,2}\w|[./]\w|\w\/|\s\.(?:\s|$)/;
const TEST_CALL = /^(?:-[A-Za-z]$|["'$!(])/;

/** A line that is longer was written by no person: it is taken as it is, and not looked at word by word. */
const MAX_CHARS = 2_000;

/** The commands of one line of a verification, without its bullet; none if it is prose (the rule: `sortChecks`). */
export function readCommandLine(line: string): string[] {
  const dollar = /^\$\s+(\S.*)$/.exec(line)?.[1];
  if (dollar !== undefined) return [dollar];
  if (line.length > MAX_CHARS) return KNOWN_PROGRAMS.has(/^[\w.+-]{1,30}/.exec(line)?.[0] ?? "") ? [line] : [];
  const spans = readSpans(line);
  if (spans.length > 0) return spans;
  if (/^\.{0,2}\/\S/.test(line)) return [withoutNote(line)];
  return readPlain(/^(?:re-?)?(?:run|execute):?\s+(\S.*)$/i.exec(line)?.[1] ?? line);
}

const BEFORE_SPAN =
  /^(?:\*\*|__)?(?:(?:re-?)?(?:run|execute):?\s+|[A-Z][\w /-]{0,40}(?:\*\*|__)?:(?:\*\*|__)?\s+)?(?:\*\*|__)?(?=`)/i;

/** Code spans at the start, behind "Run" or behind a label and a colon; more of them while only "and" stands between. */
function readSpans(line: string): string[] {
  const start = BEFORE_SPAN.exec(line);
  if (!start) return [];
  const commands: string[] = [];
  let rest = line.slice(start[0].length);
  for (;;) {
    const span = /^(`+)([^`]+|(?:(?!\1).)+)\1(?!`)(?:\*\*|__)?/.exec(rest);
    const command = span?.[2]?.trim().replace(/^\$\s+/, "");
    if (!span || command === undefined || command === "") break;
    commands.push(command);
    rest = rest.slice(span[0].length);
    const link = /^\s*(?:[,;+]|&&?)?\s*(?:and\s+|then\s+)*(?=`)/i.exec(rest);
    if (!link) break;
    rest = rest.slice(link[0].length);
  }
  // `parse("")` is a call in the code that is checked: as a command it could only be a syntax error.
  return rest.trim() !== "" && commands.some((one) => /^[\w.]+\(/.test(one)) ? [] : commands;
}

/** A line without code spans at its start: its first word decides, and then whether a sentence goes on behind it. */
function readPlain(line: string): string[] {
  const bare = withoutNote(line);
  const words = bare.split(/\s+/);
  const at = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const program = programOf(words[at] ?? "");
  if (program === undefined) return [];
  words[at] = program;
  const args = words.slice(at + 1);
  if (isSentence(program, args, line)) return [];
  const parts = splitCommands(bare);
  if (parts.length > 1) return parts.flatMap(readPlain);
  const kept = TEXT_PROGRAMS.has(program) || SHELL.test(bare) ? args : beforeSentence(args);
  return [[...words.slice(0, at + 1), ...kept].join(" ")];
}

/** "Pytest passes" begins a sentence with the program's name; "Make sure" and "Go through" do not. */
function programOf(word: string): string | undefined {
  if (KNOWN_PROGRAMS.has(word)) return word;
  const lower = word.toLowerCase();
  return /^[A-Z][a-z-]+$/.test(word) && KNOWN_PROGRAMS.has(lower) && !WORD_PROGRAMS.has(lower) ? lower : undefined;
}

function isSentence(program: string, args: readonly string[], line: string): boolean {
  const [next = ""] = args;
  const rest = args.join(" ");
  const shown = SHELL.test(rest) || OPTION_OR_PATH.test(` ${rest}`);
  if (program === "test") return !TEST_CALL.test(next) && !/(?:^|\s)(?:!?=|-[a-z]{2})\s/.test(rest);
  if (WEAK_PROGRAMS.has(program)) return args.length > 0 && (!shown || isWord(next));
  const subcommands = SUBCOMMANDS.get(program);
  if (subcommands) return !subcommands.has(next) && (!shown || isWord(next));
  if (!WORD_PROGRAMS.has(program)) return false;
  return isWord(next) || (/\w\.$/.test(line.trim()) && args.length > 2 && !shown);
}

const isWord = (word: string): boolean => OUTCOME.test(word) || SENTENCE.test(word);

/** What a program is given, up to where the sentence about it begins; the value of an option stays. */
function beforeSentence(args: readonly string[]): readonly string[] {
  const end = args.findIndex(
    (word, at) => OUTCOME.test(word) || (SENTENCE.test(word) && !args[at - 1]?.startsWith("-")),
  );
  // "npm run" alone runs nothing and passes: better the whole line, which fails and is seen.
  return end < 0 || /^(?:run|exec|run-script)$/.test(args[end - 1] ?? "") ? args : args.slice(0, end);
}

/** `npm test, npm run lint and cargo test`: a comma or "and" with a program behind it parts two commands. */
function splitCommands(line: string): string[] {
  if (SHELL.test(line)) return [line];
  const parts = line.split(/\s*,\s*(?:and\s+)?|\s+and\s+(?:then\s+)?/);
  return parts.every((part) => KNOWN_PROGRAMS.has(part.split(/\s+/)[0] ?? "")) ? parts : [line];
}

/** An arrow, a dash or a parenthesis behind a command says what it should show; a full stop ends the sentence. */
function withoutNote(line: string): string {
  const kept = line
    .trim()
    .replace(/\s(?:—|–|->|→|=>)\s.*$/, "")
    .replace(/\s\([^()$]*\)\.?$/, "")
    .replace(/(?<=\w)\.$/, "")
    .trim();
  const closed = ['"', "'"].every((quote) => kept.split(quote).length === line.trim().split(quote).length);
  return closed ? kept : line.trim();
}
