import * as z from "zod";
import { FindingsAnswer } from "./review.ts";

/** What `FindingsAnswer` is for a model: the JSON Schema that goes to Codex and that its answer is held to. */
export const findingsSchema = (): unknown => z.toJSONSchema(FindingsAnswer);
