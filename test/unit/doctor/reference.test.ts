import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHECKS } from "../../../src/doctor/checks.ts";

test("references/doctor.md has a row for every check, in the order of the table", () => {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "..", "references", "doctor.md"), "utf8");
  const inside = text.split("<!-- doctor-checks:start -->")[1]?.split("<!-- doctor-checks:end -->")[0] ?? "";
  expect([...inside.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1])).toEqual(CHECKS.map(({ id }) => id));
});
