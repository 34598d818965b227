/** What a claim says, without the way in which it says it. */
export interface ClaimWords {
  /** Plain words, each in one form; of words that mean the same here, one. */
  words: ReadonlySet<string>;
  /** Names out of the code. */
  names: ReadonlySet<string>;
}

const SAME: Record<string, string> = {
  ...each("null", "nil none undefined nullish optional"),
  ...each("check", "guard validate validation verify sanitize sanitise"),
  ...each("crash", "throw fail panic raise exception"),
  ...each("miss", "lack without absent omit forget forgotten unhandled unchecked unvalidated"),
  ...each("leak", "expose disclose disclosure"),
  ...each("empty", "blank"),
  ...each("delete", "remove"),
  ...each("race", "concurrent concurrency concurrently"),
  ...each("wrong", "incorrect incorrectly wrongly bad invalid"),
  ...each("escape", "quote encode"),
};

/** Words that would say nothing, were they not the half of a pair. */
const HALVES = new Set(["value", "true", "false", "over", "under"]);

/** Of two things that can be mixed up, one in each claim: the claims are two. */
const OPPOSITES = pairs(
  "upper:lower first:last start:end before:after read:write add:delete min:max minimum:maximum left:right client:server",
  "request:response decode:escape open:close lock:unlock key:value success:failure input:output create:delete width:height",
  "source:target increase:decrease inside:outside early:late parent:child next:previous true:false get:set push:pop even:odd",
  "over:under import:export load:save send:receive row:column positive:negative",
);

const STOP = new Set(
  (
    "a an and any are as at be been being but by can could did do does doing for from had has have if in into is it its " +
    "may might must no nor not of on or so such than that the their them then there these they this those to too was were when " +
    "where which while will with would here line lines code file function method value call called calling also because " +
    "never always should use used using never"
  ).split(" "),
);

const PLACE = /\b(?:on |at |in )?(?:lines?|L)\s*\d+(?:\s*(?:-|–|to|and)\s*\d+)?|(?<=\w):\d+(?::\d+)?(?:-\d+)?\b/gi;
const QUOTED = /`([^`\n]{1,200})`/g;
/** Dotted, called, with a capital or an underscore inside, or with digits: nobody writes plain words so. */
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*(?:(?:\.|::|->|#)[\p{L}_$][\p{L}\p{N}_$]*)*(?:\(\))?|\d+(?:\.\d+)*\p{L}*/gu;
const ABBREVIATED = /^(?:e\.g|i\.e|etc|vs|P[0-3])$/i;
const CODE_LIKE = /[._$:#(>\d]|\p{Ll}\p{Lu}|\p{Lu}{2,}\p{Ll}/u;

export function claimWords(claim: string): ClaimWords {
  const text = claim.slice(0, 2_000).replaceAll(PLACE, " ");
  const quoted = [...text.matchAll(QUOTED)].flatMap(([, code = ""]) => code.match(NAME) ?? []);
  const plain = text.replaceAll(QUOTED, " ").match(NAME) ?? [];
  const isName = (word: string) => CODE_LIKE.test(word) && !ABBREVIATED.test(word);
  return {
    names: new Set([...quoted, ...plain.filter(isName)].map(nameOf)),
    words: new Set(plain.filter((word) => !isName(word)).flatMap(wordOf)),
  };
}

const nameOf = (name: string): string =>
  name
    .replace(/\(\)$/, "")
    .replaceAll(/::|->|#/g, ".")
    .toLowerCase();

function wordOf(word: string): string[] {
  const small = word.toLowerCase();
  if (HALVES.has(small)) return [small];
  if (STOP.has(small) || small.length < 2) return [];
  const stem = stemOf(small);
  return STOP.has(stem) ? [] : [SAME[small] ?? SAME[stem] ?? stem];
}

/** Enough of English grammar for `checks`, `checked` and `checking` to be one word. */
function stemOf(word: string): string {
  if (word.length < 5) return word.replace(/(?<=[^su])s$/, "");
  const base = word
    .replace(/ies$|ied$/, "y")
    .replace(/ision$/, "id")
    .replace(/(?<=(?:s|x|z|ch|sh))es$|(?<=[^su])s$/, "")
    .replace(/(?<=\w{3})(?:ing|ed|ion|ly)$/, "");
  return base === word
    ? base.replace(/(?<=\w{4})e$/, "")
    : base.replace(/([^l s])\1$/, "$1").replace(/(?<=\w{3})e$/, "");
}

/**
 * How alike two claims are, 0 to 1; 0 where they are plainly about two things: other names in the same sentence, other
 * numbers, the opposite of a word. Pure words: what is said in quite another way is not seen as the same.
 */
export function likeness(one: ClaimWords, other: ClaimWords): number {
  const words = alike(one.words, other.words);
  // A name in common is what they are about, not what they say of it.
  if (words === 0 || areOpposite(one.words, other.words) || areOpposite(other.words, one.words)) return 0;
  if (one.names.size === 0 || other.names.size === 0) return words;
  const shared = sharedNames(one, other) + sharedNames(other, one);
  const bothHaveOwn = hasOwn(one, other) && hasOwn(other, one);
  if (shared === 0 || (bothHaveOwn && words >= 0.75)) return 0;
  return (words + shared / (one.names.size + other.names.size)) / 2;
}

/** Whether the claims are one short sentence about two things: one word in each is another. */
export function differByOneWord({ words: one }: ClaimWords, { words: other }: ClaimWords): boolean {
  const shared = sizeOfBoth(one, other);
  return shared <= 4 && one.size - shared === 1 && other.size - shared === 1;
}

function alike(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size + other.size === 0) return 1;
  const shared = sizeOfBoth(one, other);
  if (shared === 0) return 0;
  const smaller = Math.min(one.size, other.size);
  const dice = (2 * shared) / (one.size + other.size);
  // The same said at more length.
  return shared === smaller && smaller >= 2 ? Math.max(dice, 0.7) : dice;
}

function sizeOfBoth(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of one) if (other.has(word)) shared++;
  return shared;
}

/** Names of the first that the other says too, if only as a plain word or as the end of a longer name. */
const sharedNames = (one: ClaimWords, other: ClaimWords): number =>
  [...one.names].filter((name) => says(other, name)).length;

const hasOwn = (one: ClaimWords, other: ClaimWords): boolean => [...one.names].some((name) => !says(other, name));

const says = ({ words, names }: ClaimWords, name: string): boolean =>
  names.has(name) ||
  words.has(stemOf(name)) ||
  [...names].some((longer) => longer.endsWith(`.${name}`) || name.endsWith(`.${longer}`));

const areOpposite = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  OPPOSITES.some(([a, b]) => one.has(a) && !one.has(b) && other.has(b) && !other.has(a));

function each(word: string, same: string): Record<string, string> {
  return Object.fromEntries(same.split(" ").flatMap((one) => [one, stemOf(one)].map((form) => [form, word])));
}

function pairs(...lists: string[]): (readonly [string, string])[] {
  return lists
    .join(" ")
    .split(" ")
    .map((pair) => {
      const [one = "", other = ""] = pair.split(":");
      return [formOf(one), formOf(other)] as const;
    });
}

function formOf(word: string): string {
  if (HALVES.has(word)) return word;
  const stem = stemOf(word);
  return SAME[word] ?? SAME[stem] ?? stem;
}
