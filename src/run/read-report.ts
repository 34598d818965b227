/** What Codex says of its own turn. A claim, no proof: the checks that we run decide what the turn was worth. */
export interface Report {
  status: "done" | "partial" | "question" | "blocked" | "empty";
  /** `line`: it said so; `heuristic`: its wording says so; `none`: nothing speaks against done. */
  source: "line" | "heuristic" | "none";
  question?: string;
}

/** A pattern for whole words; line breaks in it don't count. */
const words = ({ raw }: TemplateStringsArray): RegExp =>
  new RegExp(`\\b(?:${raw.join("").replaceAll(/\n\s*/g, "")})\\b`, "i");
const says = (patterns: readonly RegExp[], text: string): boolean => patterns.some((pattern) => pattern.test(text));

const FENCE = /^\s*(`{3,}|~{3,})\s*(\S*)/;
/** Other people's words: block quotes and the lines of a diff. */
const QUOTED = /^(?:\s*>|diff --git |@@ |[+-]\S)/;
const LIST_ITEM = /^\s*(?:[-*+•]|\(?\w[.)])\s/;
/** The line of our own prompt, copied. */
const COPIED = /^.*\bstatus\W*done\W*[|/,]\W*partial\b.*$/gim;
const STATUS_LINE =
  /^\P{L}*(?:(?:final|overall|task|turn)\s+)?(?:status|statut|estado|stato|статус|状态|狀態|ステータス|상태)\s*[:：=→–—>-]+\s*(.+)$/iu;
const STATUS_AT_END = /[.!;,|)\]–—]\s*(?:final )?status: *(\p{L}+)\P{L}*$/iu;

/** The four words and their synonyms. "failed" is partial: it asks nothing of the caller but to split or simplify (exit 1). */
const STATUS_WORDS = [
  ["partial", /^(?:partial(?:ly)?|partly|incomplete|unfinished|in[ _-]?progress|ongoing|wip|mostly|almost|nearly)\b/i],
  ["partial", /^(?:not (?:yet |fully )?(?:done|completed?|finished)|fail(?:ed|ure|ing)|error(?:ed)?|unsuccessful)\b/i],
  ["blocked", /^(?:blocked|blocker|stuck|unable|cannot|can't|needs? (?:access|permission|credentials))\b/i],
  ["question", /^(?:questions?|a?waiting|(?:input|clarification|decision|confirmation)[ _](?:needed|required))\b/i],
  ["question", /^(?:needs?|requires?)[ _](?:your |user |an? |more )?(?:input|clarification|decision|answer)\b/i],
  [
    "done",
    /^(?:(?:all|fully) )?(?:done|completed?|finished|success(?:ful|fully)?|succeeded|ok|okay|fixed|resolved)\b/i,
  ],
  // Codex answers in the language of its goal, and then may translate our four words, too.
  [
    "partial",
    /^(?:teilweise|unvollständig|unfertig|partiel(?:le)?|incompl[eè]te?|parcial|parziale|частично|不完全|部分|一部|일부)/iu,
  ],
  ["blocked", /^(?:blockiert|bloqu(?:é|eado|eada)|bloccat[oa]|заблокирован|受阻|阻塞|被阻|ブロック|차단)/iu],
  ["question", /^(?:(?:rück)?frage|pregunta|pergunta|domanda|вопрос|问题|疑问|提问|質問|질문)/iu],
  [
    "done",
    /^(?:erledigt|fertig|abgeschlossen|terminé|fini|fait|hecho|listo|completado|terminado|concluído|feito|fatto|готово|выполнено|завершено|已?完成|完了|완료)/iu,
  ],
] as const;
const NOT_ALL = words`except|apart from|partial(ly)?(?=\W*$)`;

/** Polite ends, never a question. */
const COURTESY = words`(any|some)thing else|any (\w+ )?(questions|concerns|feedback)|let me know if (you|there|any)\w*|
  feel free|happy to|that help|can I help`;
/** More than was asked for, or asking for a nod: after finished work a courtesy. */
const FOLLOW_UP = words`also|next|as well|another|further|additional|additionally|follow-?ups?|continue|keep going|go ahead|
  pull request|PR|thoughts|you think|too(?=\?)|(commit|push|merge|stage) (this|these|the|it|them)|proceed(?! with)`;
/** Direct questions for a decision, or for a fact that only the caller has. */
const DECISION = words`(?<=^\W*)((what|which|where|who|when|how)\b.*\b(should|do|did|would|is|are|can|shall|will)|should)|
  should (I|we|it|this|that|the|these|those|there|they)|may I|(?<=[,:;] )(which|what|how)|
  (do|would|did) you (prefer|mean|intend|have|know)|is it (ok|okay|fine|safe|acceptable|intended|expected)|are you sure|
  (could|can|would|will) you (please )?(confirm|clarify|specify|tell|provide|share|point|decide|choose|advise|give)`;
/** After finished work an offer is a question only where it names alternatives for the work itself. */
const OFFERED_CHOICE = words`to (use|keep|choose|replace|switch|drop|preserve|treat|store|prefer)\b.*\bor|go with`;
const INTERROGATIVE = words`(?<=^\W*|, )(what|which|where|who|when|how|is|are|do|does|did|can|could|should|shall|will|
  would|want|may|has|have)`;
/** Direct questions in other languages, in a word they begin with; `\b` knows no letters but English ones. */
const ASKED_ABROAD =
  /^\P{L}*(?:welche[rsmn]?|was|wo|wohin|wie|wer|wann|soll(?:te)?n?|darf|möchten|quel(?:le)?s?|dois-je|devrais-je|faut-il|voulez-vous|souhaitez-vous|qué|cuál(?:es)?|debo|debería|quieres?|qual|quais|devo|какую|какой|какие|что|стоит ли|нужно ли)(?!\p{L})|？\P{L}*$/iu;
const COURTESY_ABROAD =
  /(?<!\p{L})(?:auch|noch|sonst|weitere[sn]?|aussi|également|autre chose|también|algo más|também|mais algum\p{L}*|ещё|также|anche|altro)(?!\p{L})|他に|ほかに|还需要|还有|其他|别的/iu;
/** Asks for an answer, question mark or not; after finished work it must name a choice. */
const REQUEST = words`please (confirm|clarify|specify|choose|decide|advise|tell me|provide|reply|let me know)|reply with|
  let me know (which|whether|how|what|if I)|once you('ve)? (confirm|decide|answer|reply|choose|clarify|provide)\w*`;
const CHOICE = words`which|whether|(if|how|what) I should`;
/** May follow a question without taking it back. */
const AFTERTHOUGHT = words`(?<=^\W*)(I('d| would)? (recommend|suggest|lean|prefer)|my (recommendation|suggestion)|otherwise|
  if|either|default|please|thanks|once you|let me know|reply)`;

/** Work that was carried out, or a report that was asked for; clause by clause, without those that negate or wish. */
const FINISHED = words`(?<!\b(not|cannot|unable|never|no|nothing|should|would|could|needs?|must|once|if|until|will|can|be|
  \w+n't)\b.*)((?<=^\W*|\bI('ve| have)? ((also|now|just) )?|\b(was|were|been|now) )(implemented|added|fixed|updated|created|
  removed|refactored|renamed|migrated|wrote|rewrote|replaced|changed|converted|moved|extracted|completed?|finished|resolved|
  deleted|done|documented|made (the|these|this|all)|ported|switched|wired|applied|reviewed|analy[sz]ed|inspected|checked|traced)|
  (tests?|checks?|suite|build|everything) ((now|all|still) )?(pass|passes|passed|passing|works?|is green)|root cause|findings|
  is (now )?(complete|done|finished|in place)|\d+ of \d+|found (the|one|two|three|\d+)|here('s| is) what)`;
const CLAUSE =
  /[;:–—]|,?\s+(?:but|however|although|though|while|because|since|so)\s|,?\s+and\s+(?=I\b|could|was|am\b)/i;
const WAITS = words`before I (?!ran|fixed|changed)\w+|need (your|a) (decision|input|answer|confirmation|approval|go-ahead)|
  I('ve| have)? (paused|stopped|held off)|(have|did)(n't| not) \w+ (\w+ )?yet`;

/** Codex's own inability: "the old code was unable to …" has another subject, and to find no bugs is a finding. */
const UNABLE = words`(?<=^\s*|\b(but|and|I|I'm) ((am|was|currently|still|also) )*)(can't|can ?not|couldn't|could not|
  (unable|not able|wasn't able) to)(?! (find|see|spot|detect|identify) (any|other|further|evidence|a )\w*)|
  (task|edits?|files?|patch|work|commands?|it|fix|changes?|updates?) (can't|can ?not|couldn't|could not) be|
  (I'm|I am|(task|work|this|everything) is) (\w+ )?blocked|(?<=^\W*)blocked`;
/** What only the caller can change: power, network, credentials, inputs that aren't there, a refusal. */
const CAUSE = words`read-?\s?only|permission|not permitted|E(ROFS|ACCES|PERM)|access (is |was )?denied|sandbox|offline|
  network (access )?(is |was )?(disabled|off|unavailable|blocked|restricted)|(no|without) (\w+ )?(network|internet|access)|
  (no|without|missing|needs?|requires?|valid|invalid|expired) (\w+ ){0,2}(credentials?|token|api key|password|login)|
  (credentials?|token|api key|password)s? (is|are|was|were) (missing|not|required|invalid|expired)|not found|
  (not|\w+n't|unable to) (exist|installed|available|authori[sz]ed|logged in|find|help|assist|comply)`;
const UNDONE = words`(not|\w+n't|(un)?able to) (be )?((\w+ly|yet) )?(finish|complete|fix|resolve|implement|apply|update|change|
  modify|migrate|make|get|write|edit|create|delete|access|reach|download|connect|install|continue|proceed)`;
/** Work whose proof alone is missing is done: we run the checks. (`.git` is read-only to Codex by design: CODEX.md 4.) */
const UNPROVEN = words`(not|\w+n't|(un)?able to) (be )?(run|rerun|execute|verify|test|build|lint|check|validate|reproduce|compile|
  start|confirm|commit|push)`;

/** Work that is left over; not what was so once, is somebody else's, or is said to be none. */
const LEFT_OVER = words`(?<!\b(no|none|nothing|without|zero|never|any)\b[^,;]*)((didn't|did not) (have time|finish|complete|get (to|around))|(is|are) still (failing|red|broken|missing|outstanding)|
  (not|\w+n't) (been )?(yet )?(been )?(implemented|finished|completed|migrated|converted|ported|wired|covered|fully \w+)|
  (tests?|specs?|checks?|suites?|build|cases?|following|these|some|lint|typecheck|\d+) (\w+ )?(still|continues? to) fail\w*|
  TODOs? ((are|is) )?(left|remain\w*)|(remains? to|still (needs? to|has to|have to|to)) be \w+|is incomplete|
  partially (implemented|completed?|done|finished|migrated))`;
/** Whatever else the sentence says: "… before the printer" is no time of old. */
const RAN_OUT = words`(?<=\bI('ve| have)? |\b(but|and|then|we) |^\W*)(ran|run) out of (time|budget|context|tokens|steps|room)`;
const NOT_OURS = words`now (\w+ )?(pass|passes|works?|green|fixed|handled)|pre-?existing|unrelated|previously|used to|skipped|
  before (the|this|my)`;
const LEFT_LABEL =
  /^\W*(?:remaining(?: \w+)?|still to do|to ?do|left to do|what's left|not done|unfinished) *(?::|\n)\W*(?!none|nothing|no\b|n\/a|0)\w/im;
const COUNTED = [
  /\b(\d+)\s*(?:of|\/|out of)\s*(?:the )?(\d+)\b[^.]{0,30}\b(?:done|complete|finished|pass|(?:mig|conv|port|fix)\w+)/i,
  /\b(?:migrated|converted|ported|fixed|finished|completed|updated|changed) (\d+) (?:of|out of) (?:the )?(\d+)\b/i,
];

/** Reads how Codex says that its turn went: from its own `Status:` line, else from its wording, else done. */
export function readReport(message: string): Report {
  if (!/[^\s\u200b]/.test(message)) return { status: "empty", source: "none" };
  const lines = message.replaceAll(/\r\n?/g, "\n").replaceAll(COPIED, "").split("\n");
  const own = blankQuotes(lines);
  const said = readStatusLine(lines, own);
  if (!said) return judgeWording(toParagraphs(own));
  if (said.status !== "question") return { status: said.status, source: "line" };
  const paragraphs = toParagraphs(own.slice(0, said.at));
  const asking = paragraphs.findLastIndex((paragraph) => paragraph.includes("?"));
  const question = said.value.includes("?") ? said.value : questionAt(paragraphs, asking);
  return { status: "question", source: "line", ...(question ? { question } : {}) };
}

/** Blanks code fences, quotes and diffs; a fence that is never closed is a stray one. */
function blankQuotes(lines: string[]): string[] {
  let fence = "";
  const lastClosing = lines.findLastIndex((line) => FENCE.exec(line)?.[2] === "");
  return lines.map((line, at) => {
    const [, mark = "", info = ""] = FENCE.exec(line) ?? [];
    const inside = fence !== "";
    if (!inside && at < lastClosing) fence = mark;
    else if (mark.startsWith(fence) && info === "") fence = "";
    return inside || mark || QUOTED.test(line) ? "" : line;
  });
}

/** Of the last five lines the last that states something; a quoted one only where the message ends in it. */
function readStatusLine(lines: string[], own: string[]) {
  const said = lines.map((line, at) => ({ line, at })).filter(({ line }) => hasText(line) && !FENCE.test(line));
  for (const [back, { line, at }] of said.slice(-5).toReversed().entries()) {
    const plain = (back === 0 ? line : (own[at] ?? "")).replaceAll(/[*`~]|(?<![a-z0-9])_+|_+(?![a-z0-9])/gi, "").trim();
    const value = STATUS_LINE.exec(plain)?.[1] ?? (back === 0 ? STATUS_AT_END.exec(plain)?.[1] : undefined);
    const word = value?.replace(/^[^\p{L}\p{N}]+/u, "") ?? "";
    const status = STATUS_WORDS.find(([, synonyms]) => synonyms.test(word))?.[0];
    const downgraded = status === "done" && (NOT_ALL.test(word) || leavesWork(word)) ? "partial" : status;
    if (downgraded) return { status: downgraded, value: word, at };
  }
  return undefined;
}

const hasText = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);
const toParagraphs = (lines: string[]): string[] => `${lines.join("\n")}\n`.split(/\n\s*\n/).filter(hasText);

/** Sentences and list items (at most 500 characters), soft line breaks joined, what is quoted in them blanked. */
function toSentences(paragraph: string): string[] {
  const bare = paragraph.replaceAll(/`[^`\n]+`|"(?:\\.|[^"\\\n])*"|“[^”\n]*”/g, "x").replaceAll("’", "'");
  const joined = bare.replaceAll("**", "").replaceAll(/(?<!^\s*#.*)\n(?!\s*(?:[-*+•#|]|\(?\w[.)])\s)/gm, " ");
  const split = (line: string) => (LIST_ITEM.test(line) ? [line] : line.split(/(?<=[.!?]["')\]]?)\s+|(?<=[。！？])/u));
  const sentences = joined.split("\n").flatMap(split);
  return sentences.filter(hasText).map((sentence) => sentence.slice(-500));
}

function judgeWording(paragraphs: string[]): Report {
  const sentences = paragraphs.flatMap(toSentences);
  const stated = sentences.filter((sentence) => !isQuestion(sentence));
  const clauses = stated.flatMap((sentence) => sentence.split(CLAUSE));
  const finished = clauses.some((clause) => FINISHED.test(clause)) && !stated.some((sentence) => WAITS.test(sentence));
  const at = paragraphs.findLastIndex((each) => asks(each, finished) || !toSentences(each).every(isTrailing));
  const question = asks(paragraphs[at] ?? "", finished) && questionAt(paragraphs, at);
  if (question) return { status: "question", source: "heuristic", question };
  const unable = sentences.filter((sentence) => UNABLE.test(sentence));
  const hindered = unable.length > 0 && CAUSE.test(paragraphs.join("\n"));
  if (hindered && !finished) return { status: "blocked", source: "heuristic" };
  const undone = unable.some((sentence) => says(finished ? [UNDONE] : [UNDONE, UNPROVEN], sentence));
  const partial = undone || stated.some(leavesWork) || LEFT_LABEL.test(stated.join("\n"));
  return partial ? { status: "partial", source: "heuristic" } : { status: "done", source: "none" };
}

const isQuestion = (sentence: string): boolean => /[?？][^\p{L}\p{N}]*$/u.test(sentence);
const isTrailing = (text: string): boolean => !isQuestion(text) && says([LIST_ITEM, AFTERTHOUGHT, /^\(/], text);

/** Whether a paragraph, without the options listed at its end, ends in a need that only the caller can meet. */
function asks(paragraph: string, finished: boolean): boolean {
  const sentences = toSentences(paragraph);
  const last = sentences.findLastIndex((sentence) => !isTrailing(sentence));
  return sentences.slice(Math.max(last, 0)).some((sentence) => needsAnswer(sentence, finished));
}

function needsAnswer(sentence: string, finished: boolean): boolean {
  if (COURTESY.test(sentence) || (finished && FOLLOW_UP.test(sentence))) return false;
  if (REQUEST.test(sentence)) return !finished || CHOICE.test(sentence);
  if (!isQuestion(sentence)) return false;
  if (!finished && ASKED_ABROAD.test(sentence) && !COURTESY_ABROAD.test(sentence)) return true;
  return says([DECISION, finished ? OFFERED_CHOICE : INTERROGATIVE], sentence);
}

/** The asking paragraph with what belongs to it: numbered options above, everything below. */
const questionAt = (paragraphs: string[], at: number): string =>
  paragraphs
    .slice(/^\(?\w[.)]\s/.test(paragraphs[at - 1] ?? "") ? at - 1 : at)
    .join("\n\n")
    .trim();

function leavesWork(sentence: string): boolean {
  if (RAN_OUT.test(sentence)) return true;
  if (NOT_OURS.test(sentence)) return false;
  const counts = COUNTED.map((pattern) => pattern.exec(sentence) ?? []);
  return counts.some(([, part, whole]) => Number(part) < Number(whole)) || LEFT_OVER.test(sentence);
}
