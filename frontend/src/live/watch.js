/*
 * Keeps rings and words true of everybody named by data-presence-of="<user id>": the element's .face
 * (or itself) has the ring, its [data-presence-word] (or itself) the word. What came into the page
 * by other ways than htmx is found after a "presence:look" event on the document.
 */
import { relativeWords } from "../lib/relative.js";
import { clock, dayKey, dayWords } from "../chat/times.js";

// core/watching.py: how many one may watch, and (300 s) for how long without asking again.
const MOST = 100;
const AGAIN_AFTER = 240_000;
// Whoever goes from page to page is away for a moment each time: nobody needs to see that.
const GONE_AFTER = 3_000;

/** "Last seen 20 min ago", "Last seen yesterday 14:30". */
export function seenWords(at) {
  if (!at) return "Offline";
  const near = relativeWords(Date.parse(at));
  if (near) return `Last seen ${near === "now" ? "just now" : near}`;
  return `Last seen ${dayKey(at) === dayKey(Date.now()) ? "" : `${dayWords(at).replace(/^[TY]/, (first) => first.toLowerCase())} `}${clock(at)}`;
}

const WORDS = { active: () => "Online", away: () => "Away", offline: seenWords };

export class Watch {
  #known = new Map();
  #leaving = new Map();
  #asked = "";

  constructor(socket) {
    this.socket = socket;
    socket.addEventListener("open", () => this.#ask({ anew: true }));
    socket.addEventListener("presence.states", ({ detail }) => detail.people.forEach((person) => this.#learn(person)));
    socket.addEventListener("presence", ({ detail }) => detail.stream || this.#learn(detail));
    document.addEventListener("htmx:afterSettle", () => this.look());
    document.addEventListener("presence:look", () => this.look());
    setInterval(() => this.#ask({ anew: true }), AGAIN_AFTER);
    setInterval(() => this.#draw(), 60_000);
    this.look();
  }

  /** Show what is known of whoever is on the page now, and ask about the others. */
  look() {
    this.#draw();
    this.#ask({ anew: false });
  }

  #ids() {
    const ids = [...document.querySelectorAll("[data-presence-of]")].map((element) => element.dataset.presenceOf);
    return [...new Set(ids)].slice(0, MOST);
  }

  #ask({ anew }) {
    const ids = this.#ids();
    const asked = ids.toSorted().join();
    if (!anew && asked === this.#asked) return;
    if (anew && !ids.length && !this.#asked) return;
    if (this.socket.send({ type: "presence.watch", users: ids })) this.#asked = asked;
  }

  #learn({ user, state, last_seen_at: seenAt }) {
    const was = this.#known.get(user)?.state ?? "offline";
    if (state === "offline" && was !== "offline") return this.#leaves(user, seenAt);
    clearTimeout(this.#leaving.get(user));
    this.#leaving.delete(user);
    this.#note(user, { state, seenAt });
  }

  #leaves(user, seenAt) {
    if (this.#leaving.has(user)) return;
    const note = () => this.#leaving.delete(user) && this.#note(user, { state: "offline", seenAt });
    this.#leaving.set(user, setTimeout(note, GONE_AFTER));
  }

  #note(user, known) {
    this.#known.set(user, known);
    for (const element of document.querySelectorAll(`[data-presence-of="${CSS.escape(user)}"]`)) this.#show(element);
  }

  #draw() {
    for (const element of document.querySelectorAll("[data-presence-of]")) this.#show(element);
  }

  #show(element) {
    const known = this.#known.get(element.dataset.presenceOf);
    if (!known) return;
    const face = element.matches(".face") ? element : element.querySelector(".face");
    face?.classList.toggle("is-here", known.state === "active");
    face?.classList.toggle("is-away", known.state === "away");
    const word = element.matches("[data-presence-word]") ? element : element.querySelector("[data-presence-word]");
    if (!word) return;
    const words = WORDS[known.state](known.seenAt);
    word.classList.toggle("is-here", known.state === "active");
    // Written only when it changed: each write is a change that screen readers may announce.
    if (word.textContent !== words) word.textContent = words;
  }
}
