/* Times in the person's own zone, in the words that core/templatetags/suite.py uses. */
const zone = document.querySelector("[data-timezone]")?.dataset.timezone || undefined;
const language = document.documentElement.lang || "en";

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", timeZone: zone });
const keyFormat = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone });
const dayFormat = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { weekday: "long", day: "numeric", month: "long", timeZone: zone });

/** "14:30", "9:05". */
export const clock = (moment) => clockFormat.format(new Date(moment)).replace(/^0(\d:)/, "$1");

/** One key per calendar day. */
export const dayKey = (moment) => keyFormat.format(new Date(moment));

/** "Today", "Yesterday", "Friday 20 November". */
export function dayWords(moment) {
  const day = 24 * 60 * 60 * 1000;
  if (dayKey(moment) === dayKey(Date.now())) return "Today";
  if (dayKey(moment) === dayKey(Date.now() - day)) return "Yesterday";
  const words = dayFormat.format(new Date(moment)).replace(",", "");
  const year = dayKey(moment).slice(0, 4);
  return year === dayKey(Date.now()).slice(0, 4) ? words : `${words} ${year}`;
}
