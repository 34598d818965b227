import { expect, test } from "vitest";
import { FAULTS } from "../../../faults/cases.ts";
import { type Facts, lieIn, type Told, trueVerdicts } from "../../../faults/tell-truth.ts";

const told = (status: string, more: Partial<Told> = {}): Told => ({
  status,
  question: null,
  last_verdict: null,
  next: "codex_broker resume b-1",
  ...more,
});
const facts = (fault: Facts["fault"], more: Partial<Facts> = {}): Facts => ({
  fault,
  brokerIsDead: fault === "kill-broker" || fault === "kill-both",
  point: { words: ["running"] },
  movedOn: false,
  ...more,
});
const question = { question: "Which one?", options: [] };
const stopping: Facts["point"] = { words: ["running", "stopped", "lost"], stops: true };

const rows: [name: string, told: Told, facts: Facts, lie: RegExp | undefined][] = [
  ["a dead broker is lost", told("lost"), facts("kill-broker"), undefined],
  ["a dead broker does not run", told("running"), facts("kill-both"), /^status lost$/],
  ["a dead broker was not stopped", told("stopped"), facts("kill-broker"), /^status lost$/],
  ["but where it was to be stopped", told("stopped"), facts("kill-broker", { point: stopping }), undefined],
  ["or gave up by itself", told("stopped"), facts("full-disk", { brokerIsDead: true }), undefined],
  ["lost without a way back", told("lost", { next: null }), facts("kill-broker"), /resumes the session as next/],
  ["Codex is dead, and the broker lives", told("running"), facts("kill-codex"), undefined],
  ["that is not lost", told("lost"), facts("kill-codex"), /^status queued or running or/],
  [
    "nobody can answer a dead Codex",
    told("waiting_input", { question }),
    facts("kill-codex"),
    /no question of a Codex/,
  ],
  ["a run that was killed", told("attention_required", { last_verdict: "killed" }), facts("kill-codex"), undefined],
  [
    "attention for nothing",
    told("attention_required", { last_verdict: "done" }),
    facts("full-disk"),
    /needs attention/,
  ],
  ["calm after a failure", told("waiting_input", { last_verdict: "failed" }), facts("full-disk"), /calm last verdict/],
  ["calm after nothing", told("waiting_input"), facts("full-disk"), /calm last verdict/],
  ["a question waits", told("waiting_input", { question }), facts("full-disk"), undefined],
  ["a broker that hangs is what it was", told("running"), facts("stop-broker"), undefined],
  ["a broker that hangs is not dead", told("lost"), facts("stop-broker"), /^status running$/],
  [
    "a broker that goes on may be further",
    told("waiting_input", { last_verdict: "done" }),
    facts("stop-broker", { movedOn: true }),
    undefined,
  ],
  ["a word that is none", told("busy"), facts("stop-broker", { movedOn: true }), /^status /],
];

test.each(rows)("%s", (_, seen, known, lie) => {
  if (lie === undefined) expect(lieIn(seen, known)).toBeUndefined();
  else expect(lieIn(seen, known)).toMatch(lie);
});

test("a run that had its receipt keeps its verdict, whatever happens then", () => {
  for (const fault of FAULTS) expect(trueVerdicts(fault, { turn: "over" })).toEqual(["done"]);
});

test("a run is lost with its broker, and is done with a Codex that died or a broker that hung", () => {
  for (const turn of ["unsent", "going"] as const) {
    for (const fault of ["kill-broker", "kill-both"] as const) expect(trueVerdicts(fault, { turn })).toEqual(["lost"]);
    for (const fault of ["kill-codex", "stop-broker"] as const) expect(trueVerdicts(fault, { turn })).toEqual(["done"]);
    expect(trueVerdicts("full-disk", { turn })).toContain("failed");
  }
});

test("a run that was to be cut off is cancelled, and lost where stop had to kill its broker", () => {
  expect(trueVerdicts("stop-broker", { turn: "cut" })).toEqual(["cancelled"]);
  expect(trueVerdicts("stop-broker", { turn: "cut", stops: true })).toContain("lost");
});
