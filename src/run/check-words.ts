/** The words of a shell command that may be programs or paths, and the directories that it goes to. */
export interface CheckWords {
  words: string[];
  /** "" first: where the command begins. */
  bases: string[];
}

/** After one of these the next word is a directory to work in, not one that is read as a whole. */
const GO_TO = /^(?:cd|pushd|-C|--cwd|--dir|--prefix|--directory|--working-directory|--workdir)$/;

/**
 * A shell command cut into words: at blanks, operators and quotes alike, for what stands in quotes is often a command
 * again (`sh -c "npm test"`), and as a whole too, for it may be a path with a blank. No shell is imitated: a word too
 * many costs little, a word that is missed hides a file.
 */
export function wordsOf(command: string): CheckWords {
  const quoted = [...command.matchAll(/"([^"]*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? "");
  const words = quoted.map(cleanPath).filter((word) => /\s/.test(word));
  const bases = [""];
  let goesTo = false;
  for (const [token] of command.matchAll(/[;&|()\n]+|[^\s;&|()<>`"'{},]+/g)) {
    for (const word of token.split("=").map(cleanPath)) {
      if (word === "") continue;
      (goesTo ? bases : words).push(word);
      goesTo = GO_TO.test(word);
    }
    if (/^[;&|()\n]/.test(token)) goesTo = false;
  }
  return { words, bases };
}

/** As git writes paths: "/" only, no "./" in front, no "/" behind. */
const cleanPath = (word: string): string =>
  word
    .replaceAll("\\", "/")
    .replace(/^(?:\$PWD\/|\$\{PWD\}\/|\.\/)+/, "")
    .replace(/\/+$/, "");

/** Whether a path is what the words name: the file, something below the directory, or what a glob can mean. */
export function isNamed(path: string, { words, bases }: CheckWords): boolean {
  return words.some((word) =>
    word.startsWith("/")
      ? path !== "" && word.endsWith(`/${path}`)
      : bases.some((base) => covers(join(base, word), path)),
  );
}

const join = (base: string, word: string): string => (base === "" || base === "." ? word : `${base}/${word}`);

function covers(name: string, path: string): boolean {
  // The whole workspace says nothing about a file.
  if (name === "." || name === "*" || name.startsWith("**")) return false;
  const glob = name.search(/[*?[]/);
  if (glob < 0) return path === name || path.startsWith(`${name}/`);
  // The fixed beginning and end of a glob: rather a file too many than a pattern that takes for ever.
  const end = /[^*?\]]*$/.exec(name)?.[0] ?? "";
  return glob > 0 && path.length >= glob + end.length && path.startsWith(name.slice(0, glob)) && path.endsWith(end);
}
