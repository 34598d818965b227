import type { EngineName } from "../core/request.ts";
import { appServer } from "./app-server/app-server.ts";
import type { Engine } from "./engine.ts";
import { exec } from "./exec/exec.ts";

/** Every engine there is; one that is missing does not compile. */
export const ENGINE_TABLE = { "app-server": appServer, exec } as const satisfies Record<EngineName, Engine>;
