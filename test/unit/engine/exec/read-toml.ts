/**
 * Reads an inline TOML value as TOML 1.0 defines it, as far as our configuration goes: basic strings, numbers,
 * booleans, arrays, inline tables. Strict where a lenient reader would hide a mistake.
 */
export function readToml(text: string): unknown {
  let at = 0;
  const refuse = (what: string): never => {
    throw new Error(`${what} at ${at} of ${text}`);
  };
  const expect = (char: string) => (text[at] === char ? at++ : refuse(`no ${char}`));

  function value(): unknown {
    const char = text[at];
    if (char === '"') return basicString();
    if (char === "[") return list("]", value);
    if (char === "{") return Object.fromEntries(list("}", entry));
    const bare = /^(true|false|[+-]?\d+(\.\d+)?(e[+-]?\d+)?)(?=[,\]}]|$)/i.exec(text.slice(at))?.[1];
    if (bare === undefined) return refuse("no value");
    at += bare.length;
    return bare === "true" ? true : bare === "false" ? false : Number(bare);
  }

  function list<Item>(end: string, item: () => Item): Item[] {
    const items: Item[] = [];
    at++;
    while (text[at] !== end) {
      if (items.length > 0) expect(",");
      items.push(item());
    }
    at++;
    return items;
  }

  function entry(): [string, unknown] {
    const key = basicString();
    expect("=");
    return [key, value()];
  }

  function basicString(): string {
    expect('"');
    let read = "";
    while (text[at] !== '"') {
      const char = String.fromCodePoint(text.codePointAt(at) ?? refuse("no end of the string"));
      if (MUST_BE_ESCAPED.test(char)) refuse("a character that must be escaped");
      read += char === "\\" ? escaped() : char;
      if (char !== "\\") at += char.length;
    }
    at++;
    return read;
  }

  function escaped(): string {
    const [whole = "", word = "", hex] =
      /^\\(?:([btnfr"\\])|u([0-9a-fA-F]{4}))/.exec(text.slice(at)) ?? refuse("no such escape");
    at += whole.length;
    const code = Number.parseInt(hex ?? "0", 16);
    if (code >= 0xd800 && code <= 0xdfff) refuse("half a character");
    return hex === undefined ? (ESCAPES[word] ?? refuse("no such escape")) : String.fromCodePoint(code);
  }

  const read = value();
  return at === text.length ? read : refuse("more than a value");
}

/** Control characters but the tab, and halves of characters. */
const MUST_BE_ESCAPED = /(?![\t\u0080-\u009f])[\p{Cc}\p{Cs}]/u;
const ESCAPES: Record<string, string> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };
