import { existsSync } from "node:fs";

/** What the canary tries, each in a line of its own: a word and how it went, "done" where it could. */
export const TRIES = ["write-inside", "write-outside", "read-secret", "read-record", "connect"] as const;
export type Try = (typeof TRIES)[number];

export interface CanaryPlaces {
  inside: string;
  outside: string;
  secret: string;
  record: string;
  /** A port on 127.0.0.1 that somebody listens on. */
  port: number;
}

const SHELLS = ["/bin/bash", "/usr/bin/bash"];

const SHELL = `try() { if said=$( { eval "$2"; } 2>&1 ); then echo "$1=done"; else echo "$1=no $(echo "$said" | head -c 200 | tr '\\n' ' ')"; fi; }
try write-inside 'echo x > "$INSIDE"'
try write-outside 'echo x > "$OUTSIDE"'
try read-secret 'read -r line < "$SECRET"'
try read-record 'read -r line < "$RECORD"'
try connect 'exec 3<>/dev/tcp/127.0.0.1/"$PORT"'`;

const NODE = `const { writeFileSync: put, readFileSync: get } = require("node:fs");
const { INSIDE, OUTSIDE, SECRET, RECORD, PORT } = require("node:process").env;
const say = (word, error) => console.log(word + "=" + (error ? "no " + error.message : "done"));
const attempt = (word, act) => { try { act(); say(word); } catch (error) { say(word, error); } };
attempt("write-inside", () => put(INSIDE, "x"));
attempt("write-outside", () => put(OUTSIDE, "x"));
attempt("read-secret", () => get(SECRET));
attempt("read-record", () => get(RECORD));
const socket = require("node:net").connect(Number(PORT), "127.0.0.1");
socket.once("connect", () => { say("connect"); socket.destroy(); });
socket.once("error", (error) => say("connect", error));`;

/** One command that tries all of it: by a shell that can open a socket, which takes 0.01 s, else by Node. */
export function canaryCommand(
  node: string,
  places: CanaryPlaces,
  shells = SHELLS,
): { argv: string[]; env: Record<string, string> } {
  const { inside, outside, secret, record, port } = places;
  const env = { INSIDE: inside, OUTSIDE: outside, SECRET: secret, RECORD: record, PORT: String(port) };
  const shell = shells.find((path) => existsSync(path));
  return { argv: shell === undefined ? [node, "-e", NODE] : [shell, "--norc", "-c", SHELL], env };
}

/** How each went; one that is missing was not tried. */
export function readCanary(stdout: string): Map<Try, string> {
  const lines = new Map(stdout.split("\n").map((line) => [line.replace(/=.*/, ""), line.replace(/^[^=]*=/, "")]));
  return new Map(TRIES.flatMap((word) => (lines.has(word) ? [[word, lines.get(word) ?? ""] as const] : [])));
}
