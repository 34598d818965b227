import { createHash } from "node:crypto";

/** A secret that nobody has, in the shape of a real one, with the line in which one would meet it. */
export interface Planted {
  name: string;
  /** What must be found nowhere. */
  secret: string;
  /** As it stands in a text; most say whose they are by themselves. */
  line: string;
}

const ALPHABETS = {
  mixed: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  hex: "0123456789abcdef",
  digits: "123456789",
};

/** So many characters, the same at every call and others for every name. Put together here, so that no scanner takes this file for a leak. */
function body(name: string, length: number, alphabet: keyof typeof ALPHABETS = "mixed"): string {
  const from = ALPHABETS[alphabet];
  const bytes = Array.from({ length: Math.ceil(length / 32) }, (_, at) =>
    createHash("sha256").update(`${name} ${at}`).digest(),
  );
  return Array.from(Buffer.concat(bytes).subarray(0, length), (byte) => from[byte % from.length]).join("");
}

const shaped = (name: string, secret: string): Planted => ({ name, secret, line: `use ${secret} for it` });
const named = (name: string, secret: string, line: (secret: string) => string): Planted => ({
  name,
  secret,
  line: line(secret),
});
const BEGIN = "-----BEGIN ";
const pem = (name: string): Planted => {
  const lines = [body(name, 64), body(`${name} 2`, 64), body(`${name} 3`, 30)];
  // Each line of it is a secret; one stands for them all.
  return {
    name,
    secret: lines[1] ?? "",
    line: `${BEGIN}${name}-----\n${lines.join("\n")}\n-----END ${name}-----`,
  };
};
const base64 = (text: string): string => Buffer.from(text).toString("base64url");

export const PLANTED: readonly Planted[] = [
  shaped("OpenAI", `sk-${body("openai", 20)}T3BlbkFJ${body("openai 2", 20)}`),
  shaped("OpenAI project", `sk-proj-${body("proj", 74)}_${body("proj 2", 20)}-${body("proj 3", 20)}`),
  shaped("OpenAI service account", `sk-svcacct-${body("svc", 60)}`),
  shaped("OpenRouter", `sk-or-v1-${body("openrouter", 64, "hex")}`),
  shaped("Anthropic", `sk-ant-api03-${body("anthropic", 60)}-${body("anthropic 2", 20)}_AA`),
  ...["ghp", "gho", "ghu", "ghs", "ghr"].map((prefix) => shaped(`GitHub ${prefix}`, `${prefix}_${body(prefix, 36)}`)),
  shaped("GitHub fine-grained", `github_pat_${body("pat", 22)}_${body("pat 2", 59)}`),
  shaped("GitLab", `glpat-${body("gitlab", 20)}`),
  shaped("GitLab runner", `glrt-${body("runner", 20)}`),
  shaped("Slack bot", `xoxb-${body("slack", 12, "digits")}-${body("slack 2", 12, "digits")}-${body("slack 3", 24)}`),
  shaped(
    "Slack app",
    `xapp-1-${body("xapp", 11, "upper")}-${body("xapp 2", 13, "digits")}-${body("xapp 3", 64, "hex")}`,
  ),
  named(
    "Slack webhook",
    `T${body("hook", 10, "upper")}/B${body("hook 2", 10, "upper")}/${body("hook 3", 24)}`,
    (secret) => `curl https://hooks.slack.com/services/${secret}`,
  ),
  shaped("Google", `AIza${body("google", 35)}`),
  shaped("Google OAuth", `ya29.${body("oauth", 60)}`),
  shaped("Google client", `GOCSPX-${body("client", 28)}`),
  shaped("AWS id", `AKIA${body("aws", 16, "upper")}`),
  shaped("AWS temporary id", `ASIA${body("aws sts", 16, "upper")}`),
  named(
    "AWS secret",
    `${body("aws secret", 20)}/${body("aws secret 2", 19)}`,
    (secret) => `aws_secret_access_key = ${secret}`,
  ),
  named(
    "Azure storage",
    `${body("azure", 86)}==`,
    (secret) => `DefaultEndpointsProtocol=https;AccountName=lab;AccountKey=${secret};EndpointSuffix=core.windows.net`,
  ),
  shaped("Azure application", `${body("app", 3)}8Q~${body("app 2", 34)}`),
  named(
    "Azure SAS",
    `${body("sas", 43)}%3D`,
    (secret) => `https://lab.blob.core.windows.net/c/b?sv=2024-01-01&sig=${secret}`,
  ),
  shaped("npm", `npm_${body("npm", 36)}`),
  shaped("PyPI", `pypi-AgEIcHlwaS5vcmc${body("pypi", 120)}`),
  shaped("Stripe", `sk_live_${body("stripe", 24)}`),
  shaped("Stripe test", `sk_test_${body("stripe test", 24)}`),
  shaped("Stripe webhook", `whsec_${body("whsec", 32)}`),
  shaped("SendGrid", `SG.${body("sendgrid", 22)}.${body("sendgrid 2", 43)}`),
  shaped("Twilio", `SK${body("twilio", 32, "hex")}`),
  named("Twilio auth", body("twilio auth", 32, "hex"), (secret) => `TWILIO_AUTH_TOKEN=${secret}`),
  shaped("Hugging Face", `hf_${body("hf", 34)}`),
  shaped("DigitalOcean", `dop_v1_${body("do", 64, "hex")}`),
  shaped("Vercel", `vcp_${body("vercel", 40)}`),
  named("Cloudflare", body("cloudflare", 40), (secret) => `CLOUDFLARE_API_TOKEN=${secret}`),
  shaped("Telegram", `${body("bot", 9, "digits")}:AA${body("telegram", 33)}`),
  shaped("Discord", `${base64("112233445566778899")}.${body("discord", 6)}.${body("discord 2", 38)}`),
  shaped("Mailgun", `key-${body("mailgun", 32, "hex")}`),
  shaped("Databricks", `dapi${body("databricks", 32, "hex")}`),
  shaped("Linear", `lin_api_${body("linear", 40)}`),
  shaped("Notion", `ntn_${body("notion", 46)}`),
  shaped("Supabase", `sbp_${body("supabase", 40, "hex")}`),
  shaped("Groq", `gsk_${body("groq", 52)}`),
  shaped("xAI", `xai-${body("xai", 80)}`),
  named("Mistral", body("mistral", 32), (secret) => `export MISTRAL_API_KEY="${secret}"`),
  shaped("age", `AGE-SECRET-KEY-1${body("age", 58, "upper")}`),
  shaped("Vault", `hvs.${body("vault", 90)}`),
  shaped("Docker", `dckr_pat_${body("docker", 27)}`),
  shaped("Shopify", `shpat_${body("shopify", 32, "hex")}`),
  shaped("Tailscale", `tskey-auth-${body("ts", 11)}CNTRL-${body("ts 2", 32)}`),
  shaped("JWT", `eyJ${body("jwt", 33)}.eyJ${body("jwt 2", 60)}.${body("jwt 3", 43)}`),
  ...["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"].map(pem),
  named("Bearer", body("bearer", 30), (secret) => `Authorization: Bearer ${secret}`),
  named("Basic", base64(`user:${body("basic", 20)}`), (secret) => `-H "authorization: Basic ${secret}"`),
  named("raw header", body("raw header", 40), (secret) => `Authorization: ${secret}`),
  named("URL", body("url", 14), (secret) => `postgres://app:${secret}@db.internal:5432/app`),
  named("connection string", body("sql", 16), (secret) => `Server=db;User Id=app;Password=${secret};Encrypt=true`),
  named("assignment", body("assignment", 24), (secret) => `{"clientSecret": "${secret}"}`),
];

/** Variables as a caller has them; they are nothing but values, in a text they are known by nothing else. */
export const PLANTED_VARIABLES: Readonly<Record<string, string>> = {
  LAB_API_KEY: body("variable", 22).toLowerCase(),
  LAB_DB_PASSWORD: `p@ss "${body("quoted", 9)}"\\${body("quoted 2", 9)}`,
  LAB_SECRET: `three-word-${body("words", 12, "hex")}`,
};
