import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FACTS } from "../../../../src/doctor/self-test/facts.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");

test("every fact has an id of its own, one sentence, and what is done without it", () => {
  expect(new Set(FACTS.map((fact) => fact.id)).size).toBe(FACTS.length);
  for (const { id, claim, whenNot } of FACTS) {
    expect(id).toMatch(/^[a-z]+\.[a-z-]+$/);
    expect(claim).toMatch(/[^.]\.$/);
    expect(claim).not.toMatch(/[.!?] [A-Z]/);
    expect(whenNot).toMatch(/^[^A-Z].*[^.]$/);
  }
});

test("something is needed, and something is worked around", () => {
  expect(new Set(FACTS.map((fact) => fact.matters))).toEqual(new Set(["needed", "worked around", "told"]));
});

test("references/doctor.md lists the facts as they are", () => {
  const text = readFileSync(join(ROOT, "references", "doctor.md"), "utf8");
  const section = /^## The self-test\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(text)?.[1] ?? "";
  const rows = [...section.matchAll(/^\| `([a-z.-]+)` \| (.*) \| (.*) \| (.*) \|$/gm)].map((row) => row.slice(1));
  expect(rows).toEqual(FACTS.map(({ id, claim, matters, whenNot }) => [id, claim, matters, whenNot]));
});
