import { describe, expect, it } from "vitest";
import { checkAnswer, compileSchema } from "../../../src/run/check-schema.ts";

const PERSON = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  required: ["name"],
  additionalProperties: false,
};

describe("an answer", () => {
  it.each<[name: string, answer: string, ok: boolean, detail?: RegExp]>([
    ["that satisfies it", '{"name":"A","age":3}', true, /satisfies/],
    ["with blanks around it", ' \n{"name":"A"}\n ', true],
    ["in a fence", '```json\n{"name":"A"}\n```', true],
    ["in a fence without a word", '```\n{"name":"A"}\n```', true],
    ["in a fence with blanks around it", '\n\n```json\n{\n  "name": "A"\n}\n```\n', true],
    ["with a fence in a text of its own", '{"name":"```json\\n{}\\n```"}', true],
    ["without what is required", "{}", false, /name/],
    ["of another type", '{"name":5}', false, /^\/name must be string$/],
    ["that is no object", "[]", false, /^\/ must be object$/],
    ["with a field too many", '{"name":"A","x":1}', false, /additional/],
    ["with two faults", '{"name":5,"age":-1}', false, /^\/name must be string; \/age must be >= 0$/],
    ["that is no JSON", "Here you are", false, /^it is not JSON \(/],
    ["that is empty", "", false, /^it is not JSON \(/],
    ["with words before its fence", 'Here:\n```json\n{"name":"A"}\n```', false, /not JSON/],
    ["with words behind its fence", '```json\n{"name":"A"}\n```\nDone.', false, /not JSON/],
    ["with another language's fence", '```yaml\n{"name":"A"}\n```', false, /not JSON/],
    ["of two objects", '{"name":"A"}\n{"name":"B"}', false, /not JSON/],
  ])("%s", (_, answer, ok, detail) => {
    const checked = checkAnswer(PERSON, answer);
    expect(checked.ok).toBe(ok);
    if (detail) expect(checked.detail).toMatch(detail);
  });

  it("with many faults is told the first three", () => {
    const checked = checkAnswer({ type: "array", items: { type: "string" } }, "[1,2,3,4,5]");
    expect(checked.detail.split("; ")).toHaveLength(3);
  });
});

const DRAFT_07 = "http://json-schema.org/draft-07/schema#";
const DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema";

describe("a schema", () => {
  it.each<[name: string, schema: object, good: string, bad: string]>([
    ["of draft-07", { $schema: DRAFT_07, items: [{ type: "string" }], additionalItems: false }, '["a"]', '["a",1]'],
    ["of 2020-12", { $schema: DRAFT_2020, prefixItems: [{ type: "string" }], items: false }, '["a"]', '["a",1]'],
    ["that does not say", { prefixItems: [{ type: "string" }], items: false }, '["a"]', '["a",1]'],
    ["with definitions", { $ref: "#/$defs/a", $defs: { a: { const: 1 } } }, "1", "2"],
    ["with an id", { $id: "https://example.invalid/s", const: 1 }, "1", "2"],
    ["with a keyword of somebody's", { "x-order": 1, const: 1 }, "1", "2"],
    ["with a format that is not known", { format: "color", type: "string" }, '"red"', "1"],
    [
      "that refers to itself",
      { properties: { next: { $ref: "#" } }, required: ["v"] },
      '{"v":1,"next":{"v":2}}',
      '{"v":1,"next":{}}',
    ],
    ["of nothing", {}, "1", "not json"],
  ])("%s", (_, schema, good, bad) => {
    expect(checkAnswer(schema, good)).toMatchObject({ ok: true });
    expect(checkAnswer(schema, bad)).toMatchObject({ ok: false });
  });

  it("may be used again and again", () => {
    const schema = { $id: "https://example.invalid/again", const: 1 };
    for (let i = 0; i < 3; i++) expect(checkAnswer(schema, "1").ok).toBe(true);
  });

  it.each<[name: string, schema: unknown, why: RegExp]>([
    ["a text", "text", /must hold a JSON object/],
    ["null", null, /must hold a JSON object/],
    ["a list", [], /must hold a JSON object/],
    ["true", true, /must hold a JSON object/],
    ["a type that does not exist", { type: "strin" }, /not a JSON Schema: .*type/],
    ["properties that are none", { properties: [] }, /not a JSON Schema/],
    ["a number where a schema stands", { items: 5 }, /not a JSON Schema/],
    ["a reference to nowhere", { $ref: "#/$defs/none" }, /not a JSON Schema: .*none/],
    [
      "a reference to another machine",
      { $ref: "https://example.invalid/x.json" },
      /not a JSON Schema: .*example\.invalid/,
    ],
    ["a pattern that is none", { pattern: "(" }, /not a JSON Schema/],
  ])("that is none: %s", (_, schema, why) => {
    expect(() => compileSchema(schema, "/s/out.json")).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: expect.stringMatching(/^\/s\/out\.json is not a JSON Schema: /),
      }),
    );
    expect(() => compileSchema(schema, "/s/out.json")).toThrow(why);
  });
});
