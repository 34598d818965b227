import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Called, inLab, type Lab } from "../kit/lab.ts";
import { PLANTED, PLANTED_VARIABLES } from "../kit/planted-secrets.ts";

/**
 * What this can't be about, for it is not ours to change or must be exact: the workspace itself; git's objects, in it and
 * in `tree/` of the record, from which an undo restores byte for byte; Codex's own record in CODEX_HOME; what Codex tells
 * the model; and the paths in policy.json, which an undo must find.
 */
const values = Object.values(PLANTED_VARIABLES);
const base64 = (text: string) => Buffer.from(text).toString("base64");
/** Every text that must be found nowhere: the values of variables in the forms that they come in, too. */
const SECRETS: [name: string, text: string][] = [
  ...PLANTED.map(({ name, secret }): [string, string] => [name, secret]),
  ...Object.entries(PLANTED_VARIABLES).flatMap(([name, value]): [string, string][] => [
    [name, value],
    [`${name} as JSON`, JSON.stringify(value).slice(1, -1)],
    [`${name}, percent-encoded`, encodeURIComponent(value)],
    [`${name} in base64`, base64(`abc${value}`).slice(4, -4)],
  ]),
];
const TEXT = [
  ...PLANTED.map(({ line }) => line),
  ...values.flatMap((value) => [value, JSON.stringify({ value }), encodeURIComponent(value), base64(`abc${value}`)]),
].join("\n");
const FILES = { "planted.txt": `${TEXT}\n`, "old.txt": "one\n" };
const PROJECT = PLANTED.find(({ name }) => name === "OpenAI project")?.secret ?? "";
const NAMED = PLANTED.filter(({ name }) => ["Mistral", "assignment", "Twilio auth"].includes(name)).map(
  ({ line }) => line,
);
const PATCH = `*** Begin Patch\n*** Add File: patched.txt\n${TEXT.split("\n")
  .map((line) => `+${line}`)
  .join("\n")}\n*** End Patch`;
/** Lines in two parts, with time between, so that they come in two chunks. */
const IN_CHUNKS = `head -n 12 planted.txt | while IFS= read -r line; do
  printf %s "\${line%????????????}"; sleep 0.02; printf '%s\\n' "\${line#"\${line%????????????}"}"
done`;
const pieces = (text: string): string[] => text.match(/[\s\S]{1,7}/g) ?? [];
/** The head of a message that streams ends after 80 characters: in the middle of a value. */
const ANSWER = `This is what the configuration of the service has for its own use: ${values[0]} and more.

${TEXT}

Status: done`;
/** What is left of a secret that was cut in two is known by nobody; both ends of each are looked for. */
const HALVES = SECRETS.flatMap(([name, text]) =>
  text.length < 22 ? [] : [text.slice(0, 11), text.slice(-11)].map((half): [string, string] => [name, half]),
);

const EXACT = /runs\/[^/]+\/tree\/objects\//;

/** The files of a folder in which one of the secrets can be read, and which. */
function leaksIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = join(dir, name);
    if (EXACT.test(name)) return [];
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? leaks(name, readFileSync(path)) : [];
  });
}

const leaks = (where: string, bytes: Buffer | string): string[] =>
  SECRETS.flatMap(([name, text]) => (bytes.includes(text) ? [`${where}: ${name}`] : []));

function expectClean(lab: Lab, said: Called, ...sent: string[]): void {
  const found = [
    ...leaksIn(lab.home),
    ...leaksIn(join(lab.workspace, ".ask-codex")),
    ...leaks("stdout", said.stdout),
    ...leaks("stderr", said.stderr),
    ...sent.flatMap((text, at) => leaks(`sent ${at}`, text)),
  ];
  expect(found).toEqual([]);
}

/** Whoever listens for notifications: what was posted so far. */
async function listener(): Promise<{ url: string; seen: string[]; close: () => Promise<void> }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      seen.push(Buffer.concat(parts).toString("utf8"));
      response.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, seen, close: () => new Promise((done) => server.close(() => done())) };
}

test("there are at least 60 of them, and no two are alike", () => {
  expect(PLANTED.length).toBeGreaterThanOrEqual(60);
  expect(new Set(SECRETS.map(([, text]) => text)).size).toBeGreaterThan(PLANTED.length);
});

test("no secret that a run meets is in its record, its answer or a notification", () =>
  inLab(
    {
      files: FILES,
      script: [
        { run: "cat planted.txt planted.txt" },
        { run: IN_CHUNKS, yieldMs: 30_000 },
        { run: "cat planted.txt >&2; cp planted.txt copied.txt; cat planted.txt >> old.txt; false" },
        { patch: PATCH },
        { say: ANSWER, deltas: pieces(ANSWER) },
      ],
    },
    async (lab) => {
      const post = await listener();
      const stream = join(lab.dir, "stream.jsonl");
      const tell = ["--event-stream", stream, "--notify-url", post.url];
      const checks = ["--verify", "cat planted.txt", "--verify", "cat planted.txt old.txt >&2; false"];
      const texts = ["--non-goal", values[0] ?? "", "--deliverable", NAMED[0] ?? ""];
      const said = await lab.call("ask_codex", ["--verbose", ...tell, ...checks, ...texts, "-"], {
        env: PLANTED_VARIABLES,
        stdin: `set it up; the settings are:\n${[...NAMED, ...values].join("\n")}`,
      });
      // The end is posted when the caller has it.
      await lab.left();
      await post.close();
      expect(said.lines.verdict, said.stdout + said.stderr).toBe("unverified");
      const dir = lab.recordDir(said.lines.run_id ?? "");
      // They were all there to be found.
      const read = (name: string) => readFileSync(join(dir, name), "utf8");
      for (const name of ["raw.jsonl", "events.jsonl", "changes.patch", "result.md", "verification.json", "prompt.md"])
        expect(read(name), name).toContain("[redacted:");
      expect(leaks("copied", readFileSync(join(lab.workspace, "copied.txt"))).length).toBeGreaterThanOrEqual(60);
      expect(read("changes.patch")).toContain("patched.txt");
      expect(read("events.jsonl")).toContain('"type":"writing"');
      const sent = readFileSync(stream, "utf8");
      expect(post.seen.length).toBeGreaterThan(1);
      expect(sent).toContain("[redacted:");
      expectClean(lab, said, sent, ...post.seen);
      for (const text of [read("events.jsonl"), sent])
        expect(HALVES.filter(([, half]) => text.includes(half))).toEqual([]);
    },
  ));

test("nor one that the other engine meets", () =>
  inLab({ files: FILES, script: [{ run: "cat planted.txt planted.txt" }, { say: ANSWER }] }, async (lab) => {
    const said = await lab.call("ask_codex", ["--engine", "exec", "look at it"], { env: PLANTED_VARIABLES });
    expect(said.code, said.stderr).toBe(0);
    await lab.left();
    expect(readFileSync(join(lab.recordDir(said.lines.run_id ?? ""), "raw.jsonl"), "utf8")).toContain("[redacted:");
    expectClean(lab, said);
  }));

test("nor is one that is asked, answered or told as the reason of a failure", () =>
  inLab(
    {
      files: FILES,
      script: [
        { call: "ask_caller", args: { question: `Is this it?\n${TEXT}`, options: [PROJECT, ...values] } },
        { failed: { code: "server_error", message: `no such account: ${PROJECT} ${values.join(" ")}` } },
      ],
    },
    async (lab) => {
      const asked = await lab.call("ask_codex", ["look at it"], { env: PLANTED_VARIABLES });
      expect([asked.code, asked.lines.verdict], asked.stderr).toEqual([4, "question"]);
      expectClean(lab, asked);
      const shown = await lab.call("codex_runs", ["show", asked.lines.run_id ?? ""]);
      expect(leaks("show", shown.stdout)).toEqual([]);
      const answer = [...NAMED, ...values].join("\n");
      const end = await lab.call("ask_codex", ["--session", asked.lines.run_id ?? "", "-"], {
        env: PLANTED_VARIABLES,
        stdin: answer,
      });
      expect(end.code, end.stdout + end.stderr).not.toBe(0);
      await lab.left();
      expectClean(lab, end);
    },
  ));

test("a check that holds one is refused before anything is written, and so is a goal with a key in it", () =>
  inLab({}, async (lab) => {
    const check = await lab.call("ask_codex", ["--verify", `curl -u x:${values[2]} localhost`, "do it"], {
      env: PLANTED_VARIABLES,
    });
    expect(check.code).toBe(64);
    expect(check.stderr).toMatch(
      /the check "curl -u x:\[redacted:environment\] localhost" holds what looks like a secret/,
    );
    const goal = await lab.ask(`use ${PROJECT}`);
    expect(goal.code).toBe(64);
    expect(leaks("stderr", check.stderr + goal.stderr)).toEqual([]);
    expect(statSync(lab.home, { throwIfNoEntry: false })).toBeUndefined();
  }));
