import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { messageOf, usageError } from "../core/errors.ts";

/** Compiles a JSON Schema (draft 2020-12, or draft-07 where it says so); one that is none is bad input. */
export function compileSchema(schema: unknown, path: string): ValidateFunction {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw usageError(`${path} is not a JSON Schema: it must hold a JSON object`, "see https://json-schema.org");
  }
  const draft = "$schema" in schema ? String(schema.$schema) : "";
  const options = { strict: false, allErrors: true, logger: false } as const;
  try {
    return /draft-0[467]/.test(draft) ? new Ajv(options).compile(schema) : new Ajv2020(options).compile(schema);
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
