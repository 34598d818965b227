/** A JSON-like value as an inline TOML value, for `-c key=value`: JSON strings are TOML basic strings, tables differ. */
export function toToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toToml).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}=${toToml(one)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value);
}
