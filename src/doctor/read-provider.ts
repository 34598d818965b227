/** What Codex's settings say of the service that it talks to. */
export interface Provider {
  name: string;
  /** The variable that its key stands in. */
  envKey?: string;
  /** It takes OpenAI's login. */
  wantsLogin: boolean;
}

const OPENAI = "openai";

/**
 * The provider that a config.toml names, as far as a doctor must know it: read line by line, for Codex itself checks
 * the file and does not tell. What is written in a way that is not known (a table over several lines) has no key.
 */
export function readProvider(text: string): Provider {
  const tables = readTables(text);
  const top = tables.get("") ?? new Map<string, string>();
  const profile = top.get("profile");
  const chosen =
    (profile !== undefined ? tables.get(`profiles.${profile}`)?.get("model_provider") : undefined) ??
    top.get("model_provider");
  const name = chosen ?? OPENAI;
  const own = tables.get(`model_providers.${name}`);
  const envKey = own?.get("env_key");
  return {
    name,
    ...(envKey === undefined ? {} : { envKey }),
    wantsLogin: name === OPENAI || own?.get("requires_openai_auth") === "true",
  };
}

/** The plain keys of each table, by its dotted name; "" is the top. */
function readTables(text: string): Map<string, Map<string, string>> {
  const tables = new Map<string, Map<string, string>>();
  let at = "";
  const put = (path: readonly string[], value: string) => {
    const table = path.slice(0, -1).join(".");
    const keys = tables.get(table) ?? new Map<string, string>();
    tables.set(table, keys.set(path.at(-1) ?? "", value));
  };
  for (const line of text.split("\n")) {
    const head = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/.exec(line)?.[1];
    if (head !== undefined) {
      at = pathOf(head).join(".");
      continue;
    }
    const [, key, value = ""] = /^\s*([\w."'-]+)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    const path = [...(at === "" ? [] : [at]), ...pathOf(key)];
    if (value.startsWith("{"))
      for (const [, inner = "", said = ""] of value.matchAll(PAIR)) put([...path, inner], plain(said));
    else put(path, plain(value));
  }
  return tables;
}

const PAIR = /([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[^,{}\s]+)/g;

const pathOf = (dotted: string): string[] =>
  dotted.split(".").map((part) => part.trim().replace(/^(["'])(.*)\1$/, "$2"));

/** A string without its quotes, or the bare word, without the comment behind it. */
const plain = (value: string): string =>
  /^"((?:[^"\\]|\\.)*)"|^'([^']*)'/
    .exec(value)
    ?.slice(1)
    .find((part) => part !== undefined) ?? value.replace(/\s*#.*$/, "");
