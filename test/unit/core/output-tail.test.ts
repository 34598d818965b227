import { expect, it } from "vitest";
import { OUTPUT_TAIL_CHARS } from "../../../src/core/event.ts";
import { outputTail } from "../../../src/core/output-tail.ts";

const SECRET = `ghp_${"aB3dE5gH7j".repeat(4)}`;
const KEY = ["-----BEGIN ", "PRIVATE KEY-----\n", "Zx9Zx9Zx9Z\n".repeat(20), "-----END ", "PRIVATE KEY-----"].join("");

it("has no half of a secret where it begins", () => {
  for (const secret of [SECRET, KEY])
    for (let at = 1; at < secret.length; at++) {
      const tail = outputTail(`x ${secret} ${"y ".repeat(OUTPUT_TAIL_CHARS)}`.slice(0, OUTPUT_TAIL_CHARS + 2 + at));
      expect(tail.length).toBeLessThanOrEqual(OUTPUT_TAIL_CHARS);
      expect(tail).not.toContain("gH7j");
      expect(tail).not.toContain("Zx9Z");
    }
});

it("is the whole output where that is short", () => {
  expect(outputTail("one\ntwo\n")).toBe("one\ntwo\n");
});
