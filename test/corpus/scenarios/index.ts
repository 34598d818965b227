import { type Entry, entriesOf } from "../scenario.ts";
import { COMMANDS } from "./commands.ts";
import { LIFECYCLE } from "./lifecycle.ts";
import { POLICY } from "./policy.ts";
import { REPORT } from "./report.ts";
import { REVIEW } from "./review.ts";
import { SERVICE } from "./service.ts";
import { SETUP } from "./setup.ts";
import { STREAM } from "./stream.ts";
import { VERIFICATION } from "./verification.ts";
import { WORDING } from "./wording.ts";

/** Every run of the corpus, with its label. */
export const ENTRIES: readonly Entry[] = [
  ...entriesOf("service", SERVICE),
  ...entriesOf("stream", STREAM),
  ...entriesOf("report", REPORT),
  ...entriesOf("wording", WORDING),
  ...entriesOf("commands", COMMANDS),
  ...entriesOf("verification", VERIFICATION),
  ...entriesOf("policy", POLICY),
  ...entriesOf("review", REVIEW),
  ...entriesOf("lifecycle", LIFECYCLE),
  ...entriesOf("setup", SETUP),
];
