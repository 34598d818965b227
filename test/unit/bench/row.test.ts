import { expect, test } from "vitest";
import { growthRow, memoryRow, residentRow, timeRow } from "../../../bench/row.ts";

test.each([
  ["grown less than it may", [60, 64.9], { value: "+4.9 MiB (60 MiB → 65 MiB)", goal: "≤ 5 MiB", met: "yes" }],
  ["grown more", [60, 65.1], { value: "+5.1 MiB (60 MiB → 65 MiB)", met: "no" }],
  ["become less", [60, 58], { value: "-2.0 MiB (60 MiB → 58 MiB)", met: "yes" }],
  ["not seen", [60, undefined], { value: expect.stringContaining("not measured"), met: "" }],
])("a memory that has %s", (_, [first, last], shown) => {
  expect(growthRow("memory", first, last, 5)).toMatchObject(shown);
  expect(growthRow("memory", first, last)).toMatchObject({ goal: "", met: "" });
});

test("a peak is held against its goal, and one that nobody could see against none", () => {
  expect(memoryRow("peak", 90, 90)).toMatchObject({ value: "90 MiB", goal: "≤ 90 MiB", met: "yes" });
  expect(memoryRow("peak", 91, 90).met).toBe("no");
  expect(memoryRow("peak", undefined, 90)).toMatchObject({ value: expect.stringContaining("not measured"), met: "" });
});

test("what is compared with nothing has no goal", () => {
  expect(residentRow("idle", { rssMiB: 207.4, pssMiB: 47 })).toMatchObject({
    value: "RSS 207 MiB, PSS 47 MiB",
    met: "",
  });
  expect(timeRow("steer", [110, 90, 100])).toMatchObject({ value: "100 ms (95–105)", goal: "", met: "" });
});
