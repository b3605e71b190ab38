/* Keeps <time data-relative> true while a page stays open; says what `relative` in core/templatetags/suite.py says. */
const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

/** Words for a moment, or null from a day on: then the words with the date stay. */
export function relativeWords(moment, now = Date.now()) {
  const ahead = moment - now;
  const minutes = Math.floor(Math.abs(ahead) / MINUTE);
  if (minutes >= DAY_MINUTES) return null;
  if (minutes === 0) return "now";
  const amount = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  return ahead > 0 ? `in ${amount}` : `${amount} ago`;
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const words = relativeWords(Date.parse(time.dateTime));
    // Written only when it changed: each write is a change that screen readers may announce.
    if (words && time.textContent !== words) time.textContent = words;
  }
}

setInterval(refresh, 30_000);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
