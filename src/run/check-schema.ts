import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { messageOf, usageError } from "../core/errors.ts";

/** Compiles a JSON Schema (2020-12, or the older 2019-09 or draft-07 where it says so); one that is none is bad input. */
export function compileSchema(schema: unknown, path: string): ValidateFunction {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw usageError(`${path} is not a JSON Schema: it must hold a JSON object`, "see https://json-schema.org");
  }
  const draft = "$schema" in schema ? String(schema.$schema) : "";
  if (/draft-0[3-6]/.test(draft))
    throw usageError(`${path} is written for ${draft}, which is too old`, "use draft-07, 2019-09 or 2020-12");
  if ("$async" in schema) throw usageError(`${path} has $async, which is no part of JSON Schema`, "leave it out");
  const options = { strict: false, allErrors: true, logger: false } as const;
  try {
    if (/draft-07/.test(draft)) return new Ajv(options).compile(schema);
    return (/2019-09/.test(draft) ? new Ajv2019(options) : new Ajv2020(options)).compile(schema);
  } catch (error) {
    throw usageError(`${path} is not a JSON Schema: ${messageOf(error)}`, "check it with a JSON Schema validator");
  }
}

/** Whether an answer satisfies the schema; Codex does not check (CODEX.md 3). A single code fence around it is forgiven. */
export function checkAnswer(schema: unknown, answer: string): { ok: boolean; detail: string } {
  const text = /^\s*```(?:json)?\n([\s\S]*?)\n```\s*$/.exec(answer)?.[1] ?? answer;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, detail: `it is not JSON (${messageOf(error)})` };
  }
  const validate = compileSchema(schema, "the schema");
  if (validate(value)) return { ok: true, detail: "the answer satisfies the schema" };
  const first = (validate.errors ?? [])
    .slice(0, 3)
    .map((error) => `${error.instancePath || "/"} ${error.message ?? "is wrong"}`);
  return { ok: false, detail: first.join("; ") };
}
