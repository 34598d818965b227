import { usageError } from "../core/errors.ts";
import { redact } from "../core/redact.ts";

const OPTION = "--notify-url";
/** An address with a secret in it (a chat's webhook) stays out of command lines and records. */
const IN_VARIABLE = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/**
 * The address that events are posted to, checked; from the variable where it is `env:NAME`. No sentence of a refusal
 * has the address in it. Throws `usage`.
 */
export function readAddress(text: string, { insecure, env }: { insecure: boolean; env: NodeJS.ProcessEnv }): URL {
  const name = IN_VARIABLE.exec(text)?.[1];
  const value = name === undefined ? text : env[name];
  const label = name === undefined ? OPTION : `${OPTION} (the variable ${name})`;
  if (value === undefined || value === "")
    throw usageError(`${label} is not set`, "set it, or give the address itself");
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) throw usageError(`${label} is no URL`, "give one like https://example.org/hook");
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw usageError(`${label} is neither http nor https`, "give an https address");
  if (url.username !== "" || url.password !== "")
    throw usageError(
      `${label} has a user or a password in it`,
      "leave them out, and sign what is posted with --notify-secret-env",
    );
  if (url.protocol === "http:" && !insecure && !isLoopback(url.hostname))
    throw usageError(
      `${label} is plain http to another machine, where everybody on the way can read it`,
      "use https, or add --notify-insecure",
    );
  if (name === undefined && redact(value) !== value)
    throw usageError(
      `${label} has something in it that looks like a secret, and it would stand in the record`,
      "put the whole address in a variable and give env:NAME",
    );
  return url;
}

/** This machine by its own names; whatever else leads here is not known before it is asked. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/i.test(hostname);
