import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../src/core/request.ts";
import { inLab, type LabOptions, openLab, until, writeConfig } from "../kit/lab.ts";
import type { Beat } from "../kit/scripted-model.ts";

/** Codex's retries cut short, where the row is about the end and not about the way there. */
const NO_RETRIES = "request_max_retries = 0\nstream_max_retries = 0";
const RESET = 1_800_000_000;

interface Row {
  row: string;
  script: Beat[] | Beat[][];
  code: number;
  verdict: string;
  says: RegExp;
  lab?: LabOptions;
  requests?: number;
}

/** CODEX.md section 2, row by row: what the model does, and how the run ends. */
const ROWS: Row[] = [
  { row: "401", script: [{ status: 401 }], code: 3, verdict: "fatal", says: /401|log ?in/i },
  { row: "403", script: [{ status: 403 }], code: 3, verdict: "fatal", says: /403|log ?in/i },
  {
    row: "404 model_not_found",
    script: [
      { status: 404, body: { error: { message: "The model gpt-nope does not exist", code: "model_not_found" } } },
    ],
    code: 3,
    verdict: "fatal",
    says: /gpt-nope/,
    requests: 1,
  },
  {
    row: "400 with a detail",
    script: [{ status: 400, body: { detail: "bad thing" } }],
    code: 1,
    verdict: "failed",
    says: /bad thing/,
    requests: 1,
  },
  {
    row: "429 without Retry-After",
    script: [{ status: 429 }],
    code: 3,
    verdict: "fatal",
    says: /429|rate/i,
    requests: 1,
  },
  {
    row: "429 with Retry-After",
    script: [{ status: 429, headers: { "retry-after": "1" } }],
    lab: { provider: NO_RETRIES },
    code: 3,
    verdict: "fatal",
    says: /429|rate/i,
  },
  {
    row: "429 insufficient_quota",
    script: [
      { status: 429, body: { error: { type: "insufficient_quota", code: "insufficient_quota", message: "q" } } },
    ],
    code: 3,
    verdict: "fatal",
    says: /quota/i,
  },
  {
    row: "429 usage_limit_reached with a reset time",
    script: [
      {
        status: 429,
        body: { error: { type: "usage_limit_reached", message: "limit", resets_at: RESET, plan_type: "plus" } },
        headers: {
          "x-codex-primary-used-percent": "100",
          "x-codex-primary-window-minutes": "300",
          "x-codex-primary-reset-at": String(RESET),
        },
      },
    ],
    code: 3,
    verdict: "fatal",
    says: /usage limit.*(2027|Jan)/is,
    requests: 1,
  },
  {
    row: "500 always",
    script: [{ status: 500 }],
    lab: { provider: NO_RETRIES },
    code: 3,
    verdict: "fatal",
    says: /high demand|500|service/i,
  },
  {
    row: "503 server_is_overloaded",
    script: [{ status: 503, body: { error: { code: "server_is_overloaded", message: "x" } } }],
    lab: { provider: NO_RETRIES },
    code: 3,
    verdict: "fatal",
    says: /capacity|overloaded/i,
  },
  {
    row: "cut after created",
    script: [{ cut: "created" }],
    lab: { provider: NO_RETRIES },
    code: 1,
    verdict: "failed",
    says: /stream disconnected/,
  },
  {
    row: "cut in the text",
    script: [{ cut: "text" }],
    lab: { provider: NO_RETRIES },
    code: 1,
    verdict: "failed",
    says: /stream disconnected/,
  },
  {
    row: "cut after an item",
    script: [{ cut: "item" }],
    lab: { provider: NO_RETRIES },
    code: 1,
    verdict: "failed",
    says: /stream disconnected/,
  },
  {
    row: "cut twice, then an answer",
    script: [{ say: "Back again.\n\nStatus: done", before: [{ cut: "text" }, { cut: "text" }] }],
    code: 0,
    verdict: "done",
    says: /Back again/,
    requests: 3,
  },
  {
    row: "cut after a finished call: the command runs once",
    script: [{ run: "echo once >> count.txt" }, { say: "Ran it.\n\nStatus: done", before: [{ cut: "created" }] }],
    code: 0,
    verdict: "done",
    says: /Ran it/,
  },
  {
    row: "response.failed server_error",
    script: [{ failed: { code: "server_error", message: "model blew up" } }],
    lab: { provider: NO_RETRIES },
    code: 1,
    verdict: "failed",
    says: /model blew up/,
  },
  {
    row: "response.failed rate_limit_exceeded, then an answer",
    script: [
      {
        say: "Made it.\n\nStatus: done",
        before: [{ failed: { code: "rate_limit_exceeded", message: "Rate limit reached. Please try again in 0.2s." } }],
      },
    ],
    code: 0,
    verdict: "done",
    says: /Made it/,
    requests: 2,
  },
  {
    row: "response.failed context_length_exceeded",
    script: [{ failed: { code: "context_length_exceeded", message: "too long" } }],
    code: 1,
    verdict: "failed",
    says: /context/i,
  },
  {
    row: "response.failed insufficient_quota",
    script: [{ failed: { code: "insufficient_quota", message: "q" } }],
    code: 3,
    verdict: "fatal",
    says: /quota/i,
  },
  {
    row: "response.incomplete",
    script: [{ incomplete: "max_output_tokens" }],
    code: 1,
    verdict: "failed",
    says: /max_output_tokens/,
  },
  {
    row: "500, 500, answer",
    script: [{ say: "Third time.\n\nStatus: done", before: [{ status: 500 }, { status: 500 }] }],
    code: 0,
    verdict: "done",
    says: /Third time/,
    requests: 3,
  },
  {
    row: "no bytes, Codex's own idle timeout",
    script: [{ hang: true }],
    lab: { provider: "stream_idle_timeout_ms = 700\nstream_max_retries = 0" },
    code: 1,
    verdict: "failed",
    says: /idle timeout/,
  },
];

describe.each(ENGINES)("what a fault ends as, engine %s", (engine) => {
  test.concurrent.each(ROWS)("$row → $verdict", async ({ script, code, verdict, says, lab: options, requests }) => {
    const lab = await openLab({ ...options, script });
    try {
      const done = await lab.ask("--engine", engine, "do it and run the tests");
      expect(done.lines.verdict, done.stdout + done.stderr).toBe(verdict);
      expect(done.code).toBe(code);
      expect(done.stdout).toMatch(says);
      expect(done.lines.session_id).toMatch(/^[0-9a-f-]{36}$/);
      if (requests !== undefined) expect(lab.model.requests.length).toBe(requests);
      if (done.stdout.includes("Ran it")) expect(readFileSync(join(lab.workspace, "count.txt"), "utf8")).toBe("once\n");
    } finally {
      await lab.close();
    }
  });

  test.concurrent("connection refused ends as fatal instead of never", () =>
    inLab({ port: 1 }, async (lab) => {
      const done = await lab.ask("--engine", engine, "--verbose", "do it and run the tests");
      expect(done.lines.verdict, done.stdout).toBe("fatal");
      expect(done.code).toBe(3);
      expect(done.stdout).toMatch(/connect|network/i);
      expect(done.stderr).toMatch(/Codex retries: .*network/);
    }));

  test.concurrent("a network that fails for a moment is no fatal end, however long the model thinks then", () =>
    inLab({}, async (lab) => {
      const door = await lateDoor(lab.model.port, 10_000);
      writeConfig(lab.codexHome, door.port);
      const run = lab.start("ask_codex", ["--engine", engine, "--verbose", "do it and run the tests"]);
      try {
        await until(() => run.stderr().includes("Codex retries: "));
        await door.open();
        const done = await run.done;
        expect([done.code, done.lines.verdict], done.stdout).toEqual([0, "done"]);
      } finally {
        door.close();
      }
    }));

  test.concurrent("a rejected login is not waited for and not silent", () =>
    inLab({ script: [{ status: 401 }] }, async (lab) => {
      const done = await lab.ask("--engine", engine, "--verbose", "do it and run the tests");
      expect(done.code).toBe(3);
      expect(done.stderr).toContain("Codex retries");
      expect(done.stdout).toContain("codex login");
      // Codex alone asks six times.
      expect(lab.model.requests.length).toBeLessThan(5);
    }));

  test.concurrent("a missing key is fatal", () =>
    inLab({}, async (lab) => {
      const done = await lab.call("ask_codex", ["--engine", engine, "do it and run the tests"], {
        env: { MOCK_KEY: "" },
      });
      expect(done.lines.verdict, done.stdout).toBe("fatal");
      expect(done.stdout).toContain("MOCK_KEY");
    }));
});

test("a usage limit names its reset in the receipt", async () => {
  const script = ROWS.find((row) => row.row.startsWith("429 usage_limit_reached"))?.script ?? [];
  const lab = await openLab({ script });
  try {
    const done = await lab.ask("do it and run the tests");
    const receipt = lab.receipt(done.lines.run_id ?? "");
    expect(receipt.reason).toContain(new Date(RESET * 1000).toISOString());
    expect(receipt.usage_limit).toEqual({ used_percent: 100, resets_at: new Date(RESET * 1000).toISOString() });
  } finally {
    await lab.close();
  }
});

/** A door to a server that refuses everybody until it is opened; what is posted then waits for so long, in ms. */
async function lateDoor(to: number, thinksMs: number): Promise<{ port: number; open(): Promise<void>; close(): void }> {
  const port = await freePort();
  const door = createServer((client) => {
    client.on("error", () => {});
    client.once("data", async (first) => {
      if (first.toString("latin1").startsWith("POST")) await sleep(thinksMs);
      const server = connect(to, "127.0.0.1", () => {
        server.write(first);
        client.pipe(server).pipe(client);
      });
      server.on("error", () => client.destroy());
      client.on("close", () => server.destroy());
    });
  });
  return {
    port,
    open: async () => void (await once(door.listen(port, "127.0.0.1"), "listening")),
    close: () => void door.close(),
  };
}

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
