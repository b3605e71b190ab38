/*
 * Under one's newest message: Sent, Delivered, Seen. Words change where they stand; a line comes or
 * goes only while the list changes anyway, so nothing moves by itself under a reader's eyes. Until
 * then the message that was the newest one seen keeps its line, too.
 */
import htmx from "htmx.org";
import { Received } from "../live/received.js";
import { clock, dayKey, dayWords } from "./times.js";

const NOBODY = "00000000-0000-0000-0000-000000000000";
// messaging/queries/receipts.py: in larger conversations nobody's receipts are told.
const MOST = 50;
const REFRESH_AFTER = 400;

const when = (at) => (dayKey(at) === dayKey(Date.now()) ? clock(at) : `${dayWords(at).replace("Yesterday", "yesterday")} ${clock(at)}`);

export class Receipts {
  #people = new Map();
  #refreshing = 0;
  #url = "";

  constructor(chat) {
    this.chat = chat;
    const { number, people } = JSON.parse(chat.element.dataset.receipts);
    this.number = number;
    for (const [id, delivered, seen, at] of people) this.#people.set(id, { delivered, times: seen ? [{ seq: seen, at }] : [] });
    this.template = chat.element.querySelector("[data-receipt-template]");
    this.dialog = chat.element.querySelector("#seen-by");
    this.mailbox = new Received(chat.socket);
    if (chat.list.lastSeq > chat.readSeq) this.#got(chat.list.lastSeq);
  }

  clicked(event) {
    const opener = event.target.closest("[data-open-dialog=seen-by]");
    if (opener) this.#url = opener.getAttribute("hx-get");
  }

  inserted() {
    if (this.number > 0 && this.number <= MOST) this.chat.list.keepingPlace(() => this.#arrange());
  }

  received({ name, data, at }) {
    if (name === "MessageSent" && data.sender.id !== this.chat.list.me) return this.#got(data.seq);
    if (name !== "MessagesSeen" && name !== "MessagesDelivered") return;
    if (data.user_id === this.chat.list.me) return;
    const person = this.#people.get(data.user_id) ?? { delivered: 0, times: [] };
    this.#people.set(data.user_id, person);
    person.delivered = Math.max(person.delivered, data.seq);
    if (name === "MessagesSeen") person.times.push({ seq: data.seq, at });
    for (const line of this.#lines()) this.#say(line);
    if (name === "MessagesSeen") this.#refreshSoon();
  }

  close() {
    clearTimeout(this.#refreshing);
    this.dialog.close();
  }

  #got(seq) {
    this.mailbox.got(this.chat.conversation, seq, (number) => this.chat.readSeq >= number);
  }

  #lines() {
    return [...this.chat.list.element.querySelectorAll("[data-receipt-line]")];
  }

  #arrange() {
    const own = this.chat.list.items().filter((item) => item.matches(".is-mine:has(> .message-menu)"));
    const newest = own.at(-1);
    const seen = own.findLast((item) => this.#seenBy(Number(item.dataset.seq)).length);
    const wanted = new Set([newest, seen].filter(Boolean));
    for (const line of this.#lines()) if (!wanted.has(line.closest("[data-seq]"))) line.remove();
    for (const item of wanted) this.#say(item.querySelector("[data-receipt-line]") ?? this.#add(item));
  }

  #add(item) {
    const line = this.template.content.firstElementChild.cloneNode(true);
    const button = line.querySelector("button");
    button?.setAttribute("hx-get", this.chat.element.dataset.seenUrl.replace(NOBODY, item.dataset.message));
    item.querySelector(".message-main").append(line);
    htmx.process(line);
    return line;
  }

  /** When each of those who saw the message saw it. */
  #seenBy(seq) {
    return [...this.#people.values()].map(({ times }) => times.find((mark) => mark.seq >= seq)).filter(Boolean);
  }

  #say(line) {
    const seq = Number(line.closest("[data-seq]").dataset.seq);
    const seen = this.#seenBy(seq);
    const delivered = [...this.#people.values()].filter((person) => person.delivered >= seq).length;
    const isForTwo = this.number === 1;
    line.dataset.state = seen.length ? "seen" : delivered ? "delivered" : "sent";
    const words = {
      seen: () => (isForTwo ? `Seen ${seen[0].at ? when(seen[0].at) : ""}`.trim() : `Seen by ${seen.length}`),
      delivered: () => (isForTwo ? "Delivered" : `Delivered to ${delivered}`),
      sent: () => "Sent",
    }[line.dataset.state]();
    line.querySelector("[data-receipt-words]").textContent = words;
  }

  /** An open list of who saw a message is kept true. */
  #refreshSoon() {
    clearTimeout(this.#refreshing);
    if (!this.dialog.open || !this.#url) return;
    this.#refreshing = setTimeout(() => htmx.ajax("GET", this.#url, "#seen-by-body"), REFRESH_AFTER);
  }
}
