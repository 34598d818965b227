import { expect, test } from "vitest";
import { mergeGate } from "../../../../src/commands/hook/gate-settings.ts";

const DEFAULTS = { severity: "medium", kind: "native", rounds: 3, timeoutS: 300, tokens: 500_000 };

test.each([
  ["nobody says anything", undefined, undefined, undefined],
  ["the user", undefined, { on: true }, DEFAULTS],
  ["the project", { on: true }, undefined, DEFAULTS],
  ["the project switches it off", { on: false }, { on: true }, undefined],
  ["the project switches it on", { on: true }, { on: false }, DEFAULTS],
  [
    "the project stands over the user, key by key",
    { on: true, severity: "high" as const, rounds: 1 },
    { on: true, severity: "low" as const, timeout: 60, kind: "adversarial" as const },
    { ...DEFAULTS, severity: "high", rounds: 1, timeoutS: 60, kind: "adversarial" },
  ],
  ["the project lowers the budget", { on: true, tokens: 10 }, { on: true, tokens: 20 }, { ...DEFAULTS, tokens: 10 }],
  ["and never raises it", { on: true, tokens: 30 }, { on: true, tokens: 20 }, { ...DEFAULTS, tokens: 20 }],
  ["nor takes it away", { on: true, tokens: 0 }, undefined, DEFAULTS],
  ["which the user may", undefined, { on: true, tokens: 0 }, { ...DEFAULTS, tokens: 0 }],
  ["and raise, too", undefined, { on: true, tokens: 900_000 }, { ...DEFAULTS, tokens: 900_000 }],
])("%s", (_, project, user, gate) => {
  expect(mergeGate(project, user)).toEqual(gate);
});
