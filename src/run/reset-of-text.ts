const WHEN = /^(?:([A-Z][a-z]{2}) (\d{1,2})(?:st|nd|rd|th), (\d{4}) )?(\d{1,2}):(\d{2}) ([AP])M$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The time that Codex's words for the end of a usage limit mean: `7:28 PM` where it is today, else `Jan 15th, 2027 8:00 AM`
 * (0.169.0), by the clock of this machine. They leave the seconds out, so it is the end of that minute; null: other words.
 */
export function resetOfText(text: string, now: Date): Date | null {
  const [, month, day, year, hour = "", minute = "", half] = WHEN.exec(text) ?? [];
  if (half === undefined) return null;
  const [hours, minutes] = [(Number(hour) % 12) + (half === "P" ? 12 : 0), Number(minute) + 1];
  if (month === undefined) return new Date(now.getFullYear(), now.getMonth(), now.getDate(), hours, minutes);
  const nth = MONTHS.indexOf(month);
  return nth < 0 ? null : new Date(Number(year), nth, Number(day), hours, minutes);
}
