import { describe, expect, it } from "vitest";
import type { AskFlags } from "../../../src/commands/ask/flags.ts";
import { pinToSession } from "../../../src/commands/ask/pin-to-session.ts";
import type { Power } from "../../../src/core/request.ts";
import { sampleSession } from "../core/samples.ts";

const power = (write: Power["write"], network = false): Power => ({ write, network });
const NONE = power("none");
const WRITE = power("workspace");
const ALL = power("everything", true);

/** What the call asks for is worked out by the planner from flags and role; here it is given. */
interface Row {
  row: string;
  had: Power;
  flags: AskFlags;
  asked: Power;
  /** The power that the run gets, or what the refusal names. */
  gets: Power | RegExp;
}

const ROWS: Row[] = [
  { row: "nothing said", had: WRITE, flags: {}, asked: WRITE, gets: WRITE },
  { row: "nothing said, where the default would be more", had: NONE, flags: {}, asked: WRITE, gets: NONE },
  { row: "nothing said, where the default would be less", had: ALL, flags: {}, asked: WRITE, gets: ALL },
  {
    row: "nothing said, with the network before",
    had: power("workspace", true),
    flags: {},
    asked: WRITE,
    gets: power("workspace", true),
  },
  { row: "the same role", had: WRITE, flags: { role: "writer" }, asked: WRITE, gets: WRITE },
  { row: "a reading role for a writer's session", had: WRITE, flags: { role: "scout" }, asked: NONE, gets: NONE },
  { row: "--read-only for a writer's session", had: WRITE, flags: { "read-only": true }, asked: NONE, gets: NONE },
  {
    row: "a role that names no network",
    had: power("workspace", true),
    flags: { role: "scout" },
    asked: NONE,
    gets: NONE,
  },
  {
    row: "a writing role for a scout's session",
    had: NONE,
    flags: { role: "writer" },
    asked: WRITE,
    gets: /--role writer \(it may write: none, network off\)/,
  },
  { row: "less by --sandbox", had: ALL, flags: { sandbox: "read-only" }, asked: NONE, gets: NONE },
  { row: "the same by --sandbox", had: WRITE, flags: { sandbox: "workspace-write" }, asked: WRITE, gets: WRITE },
  {
    row: "more by --sandbox",
    had: WRITE,
    flags: { sandbox: "danger-full-access" },
    asked: ALL,
    gets: /--sandbox danger-full-access \(it may write: workspace, network off\)/,
  },
  {
    row: "all by --sandbox where it had all",
    had: ALL,
    flags: { sandbox: "danger-full-access" },
    asked: ALL,
    gets: ALL,
  },
  {
    row: "more by --sandbox than a scout had",
    had: NONE,
    flags: { sandbox: "workspace-write" },
    asked: WRITE,
    gets: /--sandbox workspace-write/,
  },
  {
    row: "--network for one without",
    had: WRITE,
    flags: { network: true },
    asked: power("workspace", true),
    gets: /--network \(it may write: workspace, network off\)/,
  },
  {
    row: "--network for one with it",
    had: power("workspace", true),
    flags: { network: true },
    asked: power("workspace", true),
    gets: power("workspace", true),
  },
  {
    row: "--network and a role, where only the role is allowed",
    had: WRITE,
    flags: { role: "scout", network: true },
    asked: power("none", true),
    gets: /--role scout --network/,
  },
  {
    row: "all by --sandbox where it had all but the network",
    had: power("everything"),
    flags: { sandbox: "danger-full-access" },
    asked: ALL,
    gets: /--sandbox danger-full-access \(it may write: everything, network off\)/,
  },
  {
    row: "what has nothing to do with power",
    had: NONE,
    flags: { model: "m", timeout: 5, file: ["a"] },
    asked: WRITE,
    gets: NONE,
  },
];

describe("the power of a session", () => {
  it.each(ROWS)("$row", ({ had, flags, asked, gets }) => {
    const session = sampleSession({ power: had });
    const pin = () => pinToSession({ session, flags, workspace: session.workspace, power: asked });
    if (gets instanceof RegExp) {
      expect(pin).toThrow(expect.objectContaining({ kind: "usage", message: expect.stringMatching(gets) }));
      expect(pin).toThrow(`the session ${session.broker_id} keeps what it was started with`);
    } else {
      expect(pin()).toEqual({ workspace: session.workspace, power: gets });
    }
  });

  it("is never more than it had, whatever is asked for", () => {
    const rank = { none: 0, workspace: 1, everything: 2 };
    const powers = (["none", "workspace", "everything"] as const).flatMap((write) => [
      power(write),
      power(write, true),
    ]);
    const flags: AskFlags[] = [
      {},
      { role: "writer" },
      { network: true },
      { sandbox: "danger-full-access" },
      { "read-only": true },
    ];
    for (const had of powers) {
      for (const asked of powers) {
        for (const one of flags) {
          const got = quietly(() =>
            pinToSession({ session: sampleSession({ power: had }), flags: one, workspace: "/w", power: asked }),
          );
          if (!got) continue;
          expect(rank[got.power.write]).toBeLessThanOrEqual(rank[had.write]);
          expect(got.power.network && !had.network).toBe(false);
        }
      }
    }
  });
});

function quietly<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

describe("the workspace of a session", () => {
  const session = sampleSession({ workspace: "/work/a project" });
  const pin = (flags: AskFlags, workspace: string) => pinToSession({ session, flags, workspace, power: WRITE });

  it("counts, wherever the caller stands", () => {
    expect(pin({}, "/elsewhere").workspace).toBe("/work/a project");
  });

  it("may be named", () => {
    expect(pin({ workspace: "." }, "/work/a project").workspace).toBe("/work/a project");
  });

  it("is not another because that is asked for", () => {
    expect(() => pin({ workspace: "../other" }, "/work/other")).toThrow(
      /asks for --workspace \.\.\/other \(it is \/work\/a project\)$/,
    );
  });
});

it("without a session everything is as asked", () => {
  const asked = { session: undefined, flags: { network: true }, workspace: "/w", power: ALL };
  expect(pinToSession(asked)).toEqual({ workspace: "/w", power: ALL });
});
