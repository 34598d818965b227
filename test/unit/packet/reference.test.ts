import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environmentDraft } from "../../../src/packet/environment-draft.ts";
import { FIELD_NAMES } from "../../../src/packet/field-names.ts";
import { PACKET_KEYS } from "../../../src/packet/front-matter-packet.ts";
import { parsePacketFile } from "../../../src/packet/packet-file.ts";
import { parseSettings, SETTINGS_KEYS } from "../../../src/packet/settings.ts";

const TEXT = readFileSync(join(import.meta.dirname, "..", "..", "..", "references", "packets.md"), "utf8");
const FENCES = [...TEXT.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");

/** The part of the page below a heading. */
const under = (heading: string): string => TEXT.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";

describe("references/packets.md", () => {
  it("shows the same packet in both forms", async () => {
    const [fields = "", front = "", settings = ""] = FENCES;
    const draft = await parsePacketFile(fields, "fields.md");
    expect(await parsePacketFile(front, "front.md")).toMatchObject({
      role: draft.role,
      goal: draft.goal,
      files: draft.files,
      nonGoals: draft.nonGoals,
      verify: draft.verify,
      expectFiles: draft.expectFiles,
    });
    expect(draft).toMatchObject({ verify: ["npm test -- cache", "npx tsc --noEmit"], allowDirtyOverlap: false });
    expect(await parseSettings(settings, "settings.md")).toMatchObject({ delegate: true, dirtyOverlap: "refuse" });
  });

  it("has every field and every key of a packet, and no other", () => {
    const rows = under("Fields and keys")
      .split("\n")
      .filter((line) => line.startsWith("| ") || line.startsWith("|  "))
      .slice(1)
      .map((line) => line.split("|").slice(1, 3));
    const fields = rows.flatMap(([field = ""]) => field.split(",").map((name) => name.trim())).filter(Boolean);
    const keys = rows.flatMap(([, key = ""]) => [...key.matchAll(/`(\w+)`/g)].map((match) => match[1]));
    expect(fields.sort()).toEqual([...FIELD_NAMES].sort());
    expect(keys.sort()).toEqual(Object.keys(PACKET_KEYS.shape).sort());
  });

  it("has every key of the settings", () => {
    const named = [...under("Settings").matchAll(/^\| (`[^|]*`) \|/gm)].flatMap((row) =>
      [...(row[1] ?? "").matchAll(/`(\w+)[.\w]*`/g)].map((match) => match[1]),
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(SETTINGS_KEYS.shape).sort());
  });

  it("has every variable of the environment", () => {
    const named = [...under("Where a value comes from").matchAll(/`(ASK_CODEX_\w+)`/g)].map((match) => match[1] ?? "");
    const values: Record<string, string> = Object.fromEntries(named.map((name) => [name, "9"]));
    const layers = environmentDraft({ ...values, ASK_CODEX_ENGINE: "exec" });
    expect(layers.map(({ source }) => source)).toEqual(named);
  });
});
