/*
 * What needs an answer whatever page one is on: reminders that are due, and messages that could not
 * be sent when their time had come. What became due while nobody was here is told by the next page.
 */
import { toast } from "../lib/notices.js";
import { ask, post } from "../chat/requests.js";

const PAGE = "/inbox/reminders/";
const DUE = "/api/reminders/?state=due&limit=200";
const SHOWN = 3;
const EXCERPT = 90;

const CHANGES = ["ReminderDue", "ReminderChanged", "ReminderCompleted", "ReminderCancelled"];

const shown = new Map();

/** Closed in this tab: it stays due, on the page of reminders, and is not told again and again. */
const keyOf = ({ id, remind_at: at }) => `reminder:${id}:${at}`;
const isClosed = (reminder) => sessionStorage.getItem(keyOf(reminder)) !== null;
const close = (reminder) => sessionStorage.setItem(keyOf(reminder), "");

function wordsOf({ note, author, excerpt, is_available: isAvailable }) {
  const words = isAvailable ? `${author}: ${excerpt.slice(0, EXCERPT)}` : "The message is no longer available.";
  return `Reminder. ${note ? `${note}. ` : ""}${words}`;
}

async function answer({ id }, verb) {
  try {
    await post(`${PAGE}${id}/${verb}/`, {});
  } catch (error) {
    toast(error.message);
  }
}

function tell(reminder) {
  const ways = [
    { words: "Done", run: () => answer(reminder, "done") },
    { words: "In an hour", run: () => answer(reminder, "later") },
  ];
  if (reminder.url) ways.unshift({ words: "Go to it", href: reminder.url, run: () => close(reminder) });
  return toast(wordsOf(reminder), ways, () => close(reminder));
}

async function refresh() {
  const { status, data } = await ask("GET", DUE);
  if (status !== 200) return;
  const due = data.results.filter((reminder) => !isClosed(reminder));
  const wanted = new Map(due.slice(0, SHOWN).map((reminder) => [keyOf(reminder), () => tell(reminder)]));
  const more = due.length - SHOWN;
  if (more > 0) {
    const words = `${more} more reminder${more > 1 ? "s are" : " is"} due.`;
    wanted.set(words, () => toast(words, { words: "See them", href: PAGE }));
  }
  for (const [key, remove] of shown) if (!wanted.has(key)) shown.delete(key) && remove();
  for (const [key, show] of wanted) if (!shown.has(key)) shown.set(key, show());
}

/** Tell what is due now, and whatever becomes so while the page is open. */
export function tellDue(own) {
  for (const name of CHANGES) own.addEventListener(name, refresh);
  own.addEventListener("ScheduledMessageFailed", () => {
    toast("A message could not be sent when its time had come. Its words are kept.", { words: "See it", href: "/inbox/scheduled/" });
  });
  refresh();
}
