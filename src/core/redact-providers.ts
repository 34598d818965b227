import { classesIn, isRandom, type Rule, type RuleGroup, START } from "./redact-rule.ts";

/**
 * Keys that say by their beginning whose they are. The shapes are those that the providers document or that the rules of
 * gitleaks (config/gitleaks.toml) and GitHub's secret scanning give; where only the length makes them, it counts.
 */
const token = (kind: string, shape: string, more: Partial<Rule> = {}): Rule => ({
  kind,
  pattern: new RegExp(START + shape, "g"),
  ...more,
});

/** One that a name in code could look like: it must be random. */
const random = (kind: string, shape: string): Rule => token(kind, shape, { accept: isRandom });

const BY_LITERAL: RuleGroup = {
  gate: /sk-[\w-]{13}|gl[a-z]{1,6}-[\w-]{20}|xox[abeprs][.-]|AIza[\w-]{35}|A[BCKS][CIK]A[A-Z0-9]{16}|eyJ[\w-]{4}|PRIVATE KEY/,
  rules: [
    {
      kind: "private-key",
      pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g,
      endOf: endOfPrivateKey,
    },
    random("anthropic-key", String.raw`sk-ant-[\w-]{13,}`),
    // OpenAI's own (sk-proj-, sk-svcacct-, sk-admin-), and those who took the shape over: OpenRouter, DeepSeek.
    random("openai-key", String.raw`sk-[\w-]{16,}`),
    {
      kind: "gitlab-token",
      pattern: /(?:glpat|gldt|glrt|glrtr|glft|glptt|glcbt|glsoat|glimt|glffct|glagent)-[\w-]{20,}(?:\.\w{2,}){0,2}/g,
    },
    { kind: "slack-token", pattern: /xox[abeprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}/g },
    { kind: "google-key", pattern: /AIza[\w-]{35,}/g },
    token("aws-access-key", "A(?:KI|SI|BI|CC)A[A-Z0-9]{16}(?![A-Za-z0-9])"),
    {
      kind: "jwt",
      pattern: new RegExp(String.raw`(?<!-)${START}eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]{4,}){0,2}`, "g"),
    },
  ],
};

/** Sixteen letters and digits behind an underscore are rare in text, so that this one scan serves many. */
const BY_RUN: RuleGroup = {
  gate: /_[A-Za-z0-9]{16}|(?:xai|pplx|key|KEY|CNTRL|NRAK|PMAK)-[A-Za-z0-9]{16}/,
  rules: [
    { kind: "github-token", pattern: /gh[pousr]_\w{36,}(?:\.[\w-]{10,}){0,2}|github_pat_\w{22,}/g },
    { kind: "npm-token", pattern: /(?<!\\)npm_[A-Za-z0-9]{36,}/g },
    { kind: "stripe-key", pattern: /(?<!\\)[rs]k_live_[A-Za-z0-9]{16,}/g },
    token("stripe-key", "(?:[rs]k_test_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,})", {
      accept: isRandom,
      sure: () => false,
    }),
    random("huggingface-token", "(?:hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{30,})"),
    random("digitalocean-token", "do[opr]_v1_[0-9a-f]{64}"),
    random("vercel-token", "vc[aikpr]_[A-Za-z0-9]{24,}|vercel_blob_rw_[A-Za-z0-9_]{24,}"),
    random("cloudflare-token", "cf[aku]t?_[A-Za-z0-9]{40,}"),
    random("linear-key", "lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    random("notion-token", "(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9]))"),
    random("supabase-key", "sbp_[0-9a-f]{40,}"),
    random("groq-key", "gsk_[A-Za-z0-9]{48,}"),
    random("xai-key", "xai-[A-Za-z0-9]{60,}"),
    random("perplexity-key", "pplx-[A-Za-z0-9]{40,}"),
    random("replicate-token", "r8_[A-Za-z0-9]{36,}"),
    random("mailgun-key", "(?<!-)key-[0-9a-f]{32}(?![\\w-])"),
    random("shopify-token", "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    random("netlify-token", "nfp_[A-Za-z0-9]{36,}"),
    random("sentry-token", "sntryu_[0-9a-f]{64}"),
    random("grafana-token", "glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    random("rubygems-key", "rubygems_[0-9a-f]{48}"),
    random("sonar-token", "sq[apu]_[0-9a-f]{40}"),
    random("tailscale-key", "tskey-(?:[a-z]{3,8}-)?[A-Za-z0-9]{10,}-[A-Za-z0-9]{16,}"),
    random("newrelic-key", "NRAK-[A-Z0-9]{27}"),
    random("postman-key", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    token("age-key", "AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
  ],
};

/** The rest of these may hold dashes and underscores. Two short gates are quicker than one long one. */
const BY_PREFIX: RuleGroup[] = [
  {
    gate: /(?:SG\.|hv[bs]\.|ya29\.|xapp-|pypi-|nvapi-|figd_)[\w-]{16}/,
    rules: [
      token("sendgrid-key", String.raw`SG\.[\w-]{16,32}\.[\w-]{16,64}`),
      random("vault-token", String.raw`hv[bs]\.[\w-]{24,}`),
      token("google-token", String.raw`ya29\.[\w-]{20,}`),
      random("slack-token", String.raw`xapp-\d-[\w-]{20,}`),
      token("pypi-token", String.raw`pypi-AgE[\w-]{40,}`),
      random("nvidia-key", String.raw`nvapi-[\w-]{40,}`),
      random("figma-token", String.raw`figd_[\w-]{36,}`),
    ],
  },
  {
    gate: /(?:GOCSPX-|dckr_pat_|sb_secret_|ATATT3)[\w-]{16}/,
    rules: [
      token("google-client-secret", String.raw`GOCSPX-[\w-]{20,}`),
      random("docker-token", String.raw`dckr_pat_[\w-]{20,}`),
      random("supabase-key", String.raw`sb_secret_[\w-]{20,}`),
      random("atlassian-token", String.raw`ATATT3[\w=-]{60,}`),
    ],
  },
];

const isRandomAddress = (secret: string): boolean => classesIn(secret) >= 2 && /\d/.test(secret);

/** What a Discord token begins with: the bot's number in base64. */
const NUMBER = "[MNO][DTjz][AEIMQUYcgk][w-z0-5]";

const BY_FORM: RuleGroup[] = [
  {
    gate: new RegExp(String.raw`(?:dapi|SK)[0-9a-f]{32}|:AA[\w-]{33}|Q~[\w~.-]{31}|${NUMBER}${NUMBER}${NUMBER}`),
    rules: [
      token("databricks-token", String.raw`dapi[0-9a-f]{32}(?:-\d)?(?!\w)`),
      token("twilio-key", String.raw`SK[0-9a-f]{32}(?!\w)`, { accept: (key) => classesIn(key) === 3 }),
      { kind: "telegram-token", pattern: /(?<![\\\w-])\d{8,10}:AA[\w-]{33}(?![\w-])/g },
      { kind: "azure-secret", pattern: /(?<![\\\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g },
      token("discord-token", String.raw`(?:${NUMBER}){4,7}[\w-]{0,3}\.[\w-]{6}\.[\w-]{27,45}`),
    ],
  },
  {
    // The address itself is the secret: whoever has it may write there, or read.
    gate: /hooks\.slack\.com|\/api\/webhooks\/\d|\/webhookb2\/|[?&;]sig=[\w%+/=-]{40}/,
    rules: [
      /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[\w/-]{20,})/g,
      /\/api\/webhooks\/\d{5,25}\/(?<secret>[\w-]{30,})/g,
      /\/webhookb2\/(?<secret>[\w@/-]{30,})/g,
      /[?&;]sig=(?<secret>[A-Za-z0-9%+/=_-]{40,})/g,
    ].map((pattern) => ({ kind: "signed-address", pattern, accept: isRandomAddress, sure: () => false })),
  },
];

export const PROVIDERS: readonly RuleGroup[] = [BY_LITERAL, BY_RUN, ...BY_PREFIX, ...BY_FORM];

/** A block ends with its END line, before the next quote with the backslashes that escape it, or with the text. */
function endOfPrivateKey(text: string, headerEnd: number): number | undefined {
  const stop = /-----END [A-Z0-9 ]{0,60}-----|(?<!\\)\\*["'`]/g;
  stop.lastIndex = headerEnd;
  const match = stop.exec(text);
  const bodyEnd = match?.index ?? text.length;
  if (!/[A-Za-z0-9+/=]{4}/.test(text.slice(headerEnd, bodyEnd))) return undefined;
  return match?.[0].startsWith("-") ? bodyEnd + match[0].length : bodyEnd;
}
