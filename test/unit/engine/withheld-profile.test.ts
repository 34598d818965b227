import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appServer } from "../../../src/engine/app-server/app-server.ts";
import { exec } from "../../../src/engine/exec/exec.ts";
import { openPower } from "../../../src/run/open-power.ts";
import { stopThread } from "../../../src/run/stop-turn.ts";
import { codexEnvironment } from "../../../src/sys/environment.ts";
import { makePrivateDir } from "../../../src/sys/files.ts";
import { codexBinary, inLab } from "../../kit/lab.ts";
import { sampleRequest } from "../core/samples.ts";

/** As a policy says it on Windows, said to the Codex of this machine. */
const WHY = "runs on Windows, where nobody has seen its sandbox hold anything";

it.each([appServer, exec])("a profile that is withheld is not sent, and that is said ($name)", (engine) =>
  inLab({ script: [{ say: "Done.\n\nStatus: done" }] }, async (lab) => {
    const runId = `r-unit-${lab.dir.slice(-6)}`;
    const place = { id: runId, dir: join(lab.home, "record"), marker: runId, commandsMarker: runId };
    makePrivateDir(lab.home);
    mkdirSync(place.dir);
    const env = codexEnvironment(lab.env, runId);
    const power = openPower(lab.home, place, sampleRequest({ workspace: lab.workspace }), env);
    const raw: string[] = [];
    const thread = engine.prepare(
      {
        cwd: lab.workspace,
        policy: { ...power.policy, withheld: WHY },
        env,
        codex: { command: codexBinary(), args: [] },
        scratch: place.dir,
      },
      { onEvent() {}, onRaw: (line) => void raw.push(line), onStderr() {} },
    );
    try {
      await thread.open();
      expect(thread.degraded).toMatch(new RegExp(`Codex.* ${WHY}, so it has the sandbox mode workspace-write$`));
      expect(raw.join("\n")).not.toContain(power.policy.name);
    } finally {
      await stopThread(thread, { markers: [runId], goingOn: false });
      power.close();
    }
  }),
);
