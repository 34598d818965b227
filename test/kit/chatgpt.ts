import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** One window as the service tells it: percent, seconds, seconds since the epoch. */
export interface UsageWindow {
  used_percent: number;
  limit_window_seconds: number;
  reset_after_seconds: number;
  reset_at: number;
}

/** A window of five hours that begins anew in so many seconds. */
export const usageWindow = (used_percent: number, resetsInS: number): UsageWindow => ({
  used_percent,
  limit_window_seconds: 18_000,
  reset_after_seconds: resetsInS,
  reset_at: Math.floor(Date.now() / 1000) + resetsInS,
});

export interface UsageService {
  port: number;
  /** The paths that were asked for. */
  asked: string[];
  /** What it answers from now on: windows, a text that is no JSON, an HTTP status, or not a word. */
  answer(next: UsageAnswer): void;
  close(): Promise<void>;
}
export type UsageAnswer = { primary: UsageWindow | null; secondary?: UsageWindow | null } | string | number | "silence";

/** The part of ChatGPT's backend that tells how full a quota is (CODEX.md 7), on 127.0.0.1. */
export async function startUsageService(first: UsageAnswer): Promise<UsageService> {
  const asked: string[] = [];
  let now = first;
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (now === "silence") return;
    if (!request.url?.endsWith("/wham/usage") || typeof now === "number") {
      response.writeHead(typeof now === "number" ? now : 404).end("{}");
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(typeof now === "string" ? now : JSON.stringify(usageOf(now.primary, now.secondary ?? null)));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    answer(next) {
      now = next;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const usageOf = (primary: UsageWindow | null, secondary: UsageWindow | null) => ({
  user_id: "user-lab",
  account_id: "acc-lab",
  email: "lab@example.invalid",
  plan_type: "plus",
  rate_limit: { allowed: true, limit_reached: false, primary_window: primary, secondary_window: secondary },
  credits: { has_credits: false, unlimited: false, balance: null },
});

/** Puts a self-made ChatGPT login into a Codex home, whose service is that one on loopback; nothing of it is real. */
export function logIn(codexHome: string, port: number): void {
  mkdirSync(codexHome, { recursive: true });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    email: "lab@example.invalid",
    exp: 4_102_444_800,
    "https://api.openai.com/auth": {
      chatgpt_account_id: "acc-lab",
      chatgpt_user_id: "user-lab",
      chatgpt_plan_type: "plus",
      user_id: "user-lab",
    },
  };
  const token = `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.${Buffer.from("unsigned").toString("base64url")}`;
  const auth = {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: { id_token: token, access_token: token, refresh_token: "none", account_id: "acc-lab" },
    last_refresh: new Date().toISOString(),
  };
  writeFileSync(join(codexHome, "auth.json"), JSON.stringify(auth), { mode: 0o600 });
  const config = join(codexHome, "config.toml");
  writeFileSync(config, `chatgpt_base_url = "http://127.0.0.1:${port}/backend-api/"\n${readIfAny(config)}`);
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A home that has no settings of its own asks no public host for its plugins, either.
    return "[features]\nplugins = false\n";
  }
}
