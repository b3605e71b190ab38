/*
 * Messages that arrive while their person is elsewhere: a toast where they look, or where no tab is
 * before them a notification of their device. Whether it is told, and its words, is for the server to
 * say (messaging/queries/notices.py); one tab asks for all.
 */
import { isAllowed, showOnDevice } from "../lib/device.js";
import { toast } from "../lib/notices.js";
import { SIGNED_OUT } from "../lib/requests.js";
import { Tabs } from "./tabs.js";

// What comes together is asked for together; a busy conversation tells no more often than that.
const SOON = 400;
const APART = 3_000;
const SPREAD = 300;
// Of so many conversations at once it is told; the numbers beside them say the rest.
const MOST_AT_ONCE = 3;

// A device folds long words away by itself; a toast would cover more than it is worth.
const EXCERPT = 80;

function sentence({ name, title, words }) {
  const begins = words.length > EXCERPT ? `${words.slice(0, EXCERPT - 1).trimEnd()}…` : words;
  return `${name}${title ? ` in “${title}”` : ""}: ${begins}`;
}

/** Where the list of conversations is in view it tells by itself. */
const hasList = () => document.querySelector("[data-inbox-list]")?.checkVisibility() ?? false;

export class Arrivals {
  #me;
  #tabs;
  #waiting = new Map();
  #timer = 0;
  #toldAt = 0;
  #shown = null;
  #isOver = false;

  constructor(own, me) {
    this.#me = me;
    this.#tabs = new Tabs(me);
    own.addEventListener("ConversationRead", ({ detail: { data } }) => this.#seen(data));
    document.addEventListener(SIGNED_OUT, () => {
      this.#isOver = true;
      this.#tabs.close();
      clearTimeout(this.#timer);
      this.#shown?.remove();
    });
  }

  /** A message of somebody else, with this number. */
  came(conversation, seq) {
    const { first = seq, last = seq } = this.#waiting.get(conversation) ?? {};
    this.#waiting.delete(conversation); // the newest last
    this.#waiting.set(conversation, { first: Math.min(first, seq), last: Math.max(last, seq) });
    const soon = Math.max(SOON, this.#toldAt + APART - Date.now());
    this.#timer ||= setTimeout(() => this.#tell(), soon + SPREAD * Math.random());
  }

  async #tell() {
    const waiting = [...this.#waiting].slice(-MOST_AT_ONCE);
    this.#waiting.clear();
    this.#timer = 0;
    this.#toldAt = Date.now();
    if (document.hidden ? !isAllowed(this.#me) : hasList()) return;
    const { speaks, inFront } = await this.#tabs.ask();
    if (!speaks) return;
    for (const [conversation, numbers] of waiting) {
      if (!inFront.has(conversation)) await this.#ask(conversation, numbers);
    }
  }

  async #ask(conversation, numbers) {
    const answer = await fetch(`/conversations/${conversation}/notice/?${new URLSearchParams(numbers)}`).catch(() => null);
    if (answer?.status !== 200 || answer.redirected || this.#isOver) return;
    const notice = { conversation, ...(await answer.json()) };
    if (document.hidden) this.#show(notice, showOnDevice(notice));
    else this.#toast(notice);
  }

  /** One at a time, the latest; but nothing is taken from under somebody's fingers. */
  #toast(notice) {
    if (document.activeElement?.closest(".toast-note")) return;
    this.#show(notice, null);
    const words = sentence(notice);
    this.#shown.remove = toast(words, { words: "Open", href: notice.url });
  }

  #show({ conversation, seq }, remove) {
    this.#shown?.remove();
    this.#shown = { conversation, seq, remove: remove ?? (() => {}) };
  }

  /** Read, here or on another device. */
  #seen({ conversation_id: conversation, seq }) {
    if (this.#shown?.conversation !== conversation || this.#shown.seq > seq) return;
    this.#shown.remove();
    this.#shown = null;
  }
}
