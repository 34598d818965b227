import { start } from "../src/cli/start.ts";
import { doctorWith } from "../src/commands/doctor/doctor.ts";
import * as installer from "./install/for-doctor.mjs";

void start(doctorWith(installer), import.meta.url);
