import { expect, test } from "vitest";
import { readProvider } from "../../../src/doctor/read-provider.ts";

const openai = { name: "openai", wantsLogin: true };
const mock = { name: "mock", wantsLogin: false };

test.each<[string, string, object]>([
  ["nothing", "", openai],
  ["a model only", 'model = "gpt-5.5"\n', openai],
  ["a provider that has no table", "model_provider = 'mock'\n", mock],
  [
    "one with a key",
    'model_provider = "mock" # ours\n[model_providers.mock]\nenv_key = "K"\n',
    { ...mock, envKey: "K" },
  ],
  [
    "an inline table",
    'model_provider = "mock"\nmodel_providers.mock = { name = "m", env_key = "K" }\n',
    { ...mock, envKey: "K" },
  ],
  [
    "a table of tables",
    "model_provider = \"mock\"\n[model_providers]\nmock = { env_key = 'K' }\n",
    { ...mock, envKey: "K" },
  ],
  [
    "a quoted name",
    'model_provider = "my-own"\n[model_providers."my-own"]\nenv_key = "K"\n',
    { name: "my-own", wantsLogin: false, envKey: "K" },
  ],
  ["another provider's key", 'model_provider = "mock"\n[model_providers.other]\nenv_key = "K"\n', mock],
  [
    "one that takes OpenAI's login",
    'model_provider = "mock"\n[model_providers.mock]\nrequires_openai_auth = true # so\n',
    { ...mock, wantsLogin: true },
  ],
  ["a profile's", 'profile = "p"\nmodel_provider = "openai"\n[profiles.p]\nmodel_provider = "mock"\n', mock],
  ["a comment that looks like one", '# model_provider = "mock"\n', openai],
  ["a key of another table", '[other]\nmodel_provider = "mock"\n', openai],
  ["CRLF", 'model_provider = "mock"\r\n[model_providers.mock]\r\nenv_key = "K"\r\n', { ...mock, envKey: "K" }],
  ["no TOML at all", "{]\n===\n[", openai],
])("%s", (_, text, expected) => expect(readProvider(text)).toEqual(expected));
