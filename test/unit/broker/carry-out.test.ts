import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endUnbegun } from "../../../src/broker/carry-out.ts";
import { AskCodexError } from "../../../src/core/errors.ts";
import type { Receipt } from "../../../src/core/record.ts";
import { readReceipt } from "../../../src/run/record.ts";
import { newRecord } from "../run/new-record.ts";
import { tempDir } from "../sys/temp-dir.ts";

const CAUSE = new AskCodexError("cancelled", "stopped on request", { hint: "it had not begun" });

/** The end of a run that never began, and what its receipt said of its notifications when the clients were told. */
function endOne() {
  const stream = join(tempDir(), "events.jsonl");
  const record = newRecord({ push: { stream, insecure: false, desktop: false } });
  const atTelling: (Receipt | undefined)[] = [];
  const tell = () => void atTelling.push(readReceipt(record.dir));
  return { ...record, stream, atTelling, ...endUnbegun({ ...record, env: {}, tell }, CAUSE) };
}

describe("the end of a run", () => {
  it("is in the receipt before anybody is told, and the receipt then changes by its notifications alone", async () => {
    const { dir, stream, atTelling, receipt, settled } = endOne();
    expect(receipt).toMatchObject({ verdict: "cancelled", notifications: { sent: 0, failed: [], pending: true } });
    expect(atTelling).toEqual([receipt]);
    await settled;
    expect(readReceipt(dir)).toEqual({ ...receipt, notifications: { sent: 1, failed: [], pending: false } });
    expect(JSON.parse(readFileSync(stream, "utf8"))).toMatchObject({ event: "finished", verdict: "cancelled" });
  });

  it("makes no record anew that was removed meanwhile", async () => {
    const { dir, settled } = endOne();
    rmSync(dir, { recursive: true });
    await settled;
    expect(existsSync(dir)).toBe(false);
  });
});
