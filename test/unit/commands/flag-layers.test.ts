import { describe, expect, it } from "vitest";
import { flagLayers, say } from "../../../src/commands/ask/flag-layers.ts";
import { ASK_FLAGS, type AskFlags } from "../../../src/commands/ask/flags.ts";
import { Draft } from "../../../src/packet/draft.ts";
import { effective } from "../../../src/packet/effective.ts";
import { usage } from "./power-world.ts";

/** Every option that is a value of a draft: what it says, of which key, and by which name it is traced. */
type Row = [flags: AskFlags, draft: Draft, source?: string];
const ROWS: Row[] = [
  [{ role: "worker" }, { role: "worker" }, "--role"],
  [{ "read-only": true }, { role: "scout" }, "--read-only"],
  [{ "read-only": true, role: "Scout" }, { role: "scout" }, "--read-only"],
  [{ workspace: "w" }, { workspace: "w" }],
  [
    { file: ["a.ts:1-9", "b.ts#L3", "c"] },
    { files: [{ path: "a.ts", from: 1, to: 9 }, { path: "b.ts", from: 3 }, { path: "c" }] },
  ],
  [{ scope: ["src", "*.md"] }, { scope: ["src", "*.md"] }],
  [{ scope: ["none"] }, { scope: ["none"] }],
  [{ "non-goal": ["no"] }, { nonGoals: ["no"] }],
  [{ verify: ["npm test", "npm run lint"] }, { verify: ["npm test", "npm run lint"] }],
  [{ "verify-base": true }, { verifyBase: true }],
  [{ "verify-timeout": 0 }, { verifyTimeoutS: 0 }],
  [{ "expect-file": ["a"] }, { expectFiles: ["a"] }],
  [{ deliverable: "d" }, { deliverable: "d" }],
  [{ "allow-dirty-overlap": true }, { allowDirtyOverlap: true }],
  [{ plan: "p.md" }, { plan: "p.md" }],
  [{ "task-id": "U-1" }, { taskId: "U-1" }],
  [{ model: "m" }, { model: "m" }],
  [{ reasoning: "high" }, { reasoning: "high" }],
  [{ timeout: 0 }, { timeoutS: 0 }],
  [{ "idle-timeout": 1.5 }, { idleTimeoutS: 1.5 }],
  [{ "max-steps": 0 }, { maxSteps: 0 }],
  [{ engine: "exec" }, { engine: "exec" }],
  [{ schema: "s.json" }, { schema: "s.json" }],
  [{ output: "o.md" }, { output: "o.md" }],
  [{ "max-parallel": 0 }, { maxParallel: 0 }],
  [{ "quota-gate": 50 }, { quotaGate: 50 }],
  [{ "auto-review": true }, { autoReview: true }],
  [{ strict: true }, { strict: true }],
];

/** Options that say nothing of the packet: they are power, or about this call alone. */
const OTHERS = new Set([
  ...["session", "packet", "list-units", "draft-packet", "writable", "no-tmp", "env", "network", "sandbox"],
  ...["background", "park", "force", "key", "once", "notify-cmd", "notify-shell", "notify-url", "notify-secret-env"],
  ...["notify-insecure", "event-stream", "notify", "dry-run", "quiet", "verbose", "json", "help", "version"],
]);

describe("what the command line says", () => {
  it.each<Row>(ROWS)("%j is %j", (flags, draft, source) => {
    const layers = flagLayers(flags, undefined);
    expect(layers).toEqual([{ source: source ?? `--${Object.keys(flags)[0]}`, draft }]);
    for (const layer of layers) expect(Draft.parse(layer.draft)).toEqual(layer.draft);
  });

  it("is told of every option but those that are not of the packet", () => {
    const told = new Set(ROWS.flatMap(([flags]) => Object.keys(flags)));
    expect(Object.keys(ASK_FLAGS.shape).filter((name) => !told.has(name) && !OTHERS.has(name))).toEqual([]);
  });

  it("is nothing where nothing was said", () => {
    expect(flagLayers({}, undefined)).toEqual([]);
    expect(flagLayers({ network: true, env: ["A"], sandbox: "read-only", json: true }, undefined)).toEqual([]);
  });

  it("has the goal, and each value by the word it came from", () => {
    const layers = flagLayers({ role: "scout", timeout: 5, verify: ["npm test"] }, "why?");
    expect(effective(layers)).toEqual({
      values: { goal: "why?", role: "scout", timeoutS: 5, verify: ["npm test"] },
      sources: { goal: "the command line", role: "--role", timeoutS: "--timeout", verify: "--verify" },
    });
  });

  it.each(["writer", "worker", "reviewer"])("--read-only contradicts --role %s", (role) => {
    expect(() => flagLayers({ "read-only": true, role }, undefined)).toThrow(
      usage(new RegExp(`^--read-only is the role scout, but --role says ${role}$`)),
    );
  });

  it("is bad input where it is: a role that is none beside --read-only, lines that can't be", () => {
    expect(() => flagLayers({ "read-only": true, role: "boss" }, undefined)).toThrow(usage(/no role "boss"/));
    expect(() => flagLayers({ file: ["a:9-1"] }, undefined)).toThrow(usage(/end before they begin/));
  });
});

describe("a layer of one value", () => {
  it.each([0, 1])("is there for %s", (maxSteps) => {
    expect(say("s", "maxSteps", maxSteps)).toEqual([{ source: "s", draft: { maxSteps } }]);
  });

  it("is there for false and for an empty list, which say something", () => {
    expect(say("s", "strict", false)).toEqual([{ source: "s", draft: { strict: false } }]);
    expect(say("s", "scope", [])).toEqual([{ source: "s", draft: { scope: [] } }]);
    expect(say("s", "scope", undefined)).toEqual([]);
  });
});
