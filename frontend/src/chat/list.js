/*
 * The list of messages: puts each where its number belongs, and keeps day lines, groups of one
 * author and the reader's place right. The HTML comes from the server, the same for everybody;
 * whose message it is, is decided here.
 */
import htmx from "htmx.org";
import { gist } from "./gist.js";
import { Roving } from "./roving.js";
import { clock, dayKey, dayWords } from "./times.js";

const GROUP_MINUTES = 5;
const QUOTED_CHARACTERS = 90;
const MOST_SHOWN = 300;

export class MessageList extends EventTarget {
  #isClosed = false;

  constructor(chat) {
    super();
    this.element = chat.querySelector("[data-chat-list]");
    this.log = chat.querySelector("[data-chat-log]");
    this.me = chat.dataset.me;
    for (const item of this.items()) this.#own(item);
    for (const item of this.items()) this.#arrange(item);
    this.element.dataset.arranged = "";
    this.roving = new Roving(this.element);
  }

  items() {
    return [...this.element.querySelectorAll(":scope > [data-seq]")];
  }

  get firstSeq() {
    return Number(this.element.querySelector("[data-seq]")?.dataset.seq ?? Infinity);
  }

  get lastSeq() {
    return Number(this.items().at(-1)?.dataset.seq ?? 0);
  }

  /** True while the newest message is in view. In a reversed column 0 is the bottom. */
  get isAtEnd() {
    return this.log.scrollTop > -48;
  }

  scrollToEnd() {
    this.log.scrollTop = 0;
  }

  find(messageId) {
    return this.element.querySelector(`[data-message="${CSS.escape(messageId)}"]`);
  }

  /**
   * Put messages (server HTML) into their places; what is there already is replaced. With `holds`
   * the reader stays where they are even at the end.
   */
  insert(html, { holds = false } = {}) {
    if (this.#isClosed) return [];
    const box = document.createElement("template");
    box.innerHTML = html;
    const added = [...box.content.children];
    this.keepingPlace(() => {
      for (const item of added) this.#place(item);
    }, holds);
    this.#drop(holds);
    this.dispatchEvent(new CustomEvent("inserted", { detail: added }));
    return added;
  }

  /** Show these messages and no others: another part of the conversation. */
  replace(html) {
    this.element.replaceChildren();
    return this.insert(html);
  }

  /** Let go of what is farthest from the reader, so that a long conversation stays quick. */
  #drop(holds) {
    const items = this.items();
    const extra = items.length - MOST_SHOWN;
    if (extra <= 0) return;
    const place = items.indexOf(this.#firstInView());
    const isOlder = !holds && this.isAtEnd ? true : place > items.length / 2;
    let dropped = isOlder ? items.slice(0, extra) : items.slice(-extra);
    const focused = dropped.findIndex((item) => item.contains(document.activeElement));
    if (focused >= 0) dropped = isOlder ? dropped.slice(0, focused) : dropped.slice(focused + 1);
    if (!dropped.length) return;
    this.keepingPlace(() => {
      // With the lines between them: the day's is drawn anew.
      const edge = isOlder ? dropped.at(-1) : dropped[0];
      const direction = isOlder ? "previousSibling" : "nextSibling";
      while (edge[direction]) edge[direction].remove();
      const kept = isOlder ? this.#neighbour(edge, "nextElementSibling") : this.#neighbour(edge, "previousElementSibling");
      edge.remove();
      if (isOlder) this.#arrange(kept);
      else while (kept.nextSibling) kept.nextSibling.remove();
    }, holds);
    this.roving.mend();
    this.dispatchEvent(new CustomEvent("dropped", { detail: isOlder ? "older" : "newer" }));
  }

  /** Show nothing, whatever else is still on its way here. */
  close() {
    this.#isClosed = true;
    this.element.replaceChildren();
  }

  /** Answers quote what a message says now, not what it said before. */
  requote({ id, html, attachments, is_deleted: isDeleted }) {
    const body = new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
    const words = isDeleted ? "Message deleted" : gist({ body, attachments }).slice(0, QUOTED_CHARACTERS);
    for (const quote of this.element.querySelectorAll(`[data-jump="${CSS.escape(id)}"] [data-quoted]`)) {
      quote.textContent = words;
    }
  }

  /** Change the list without moving what the reader looks at. */
  keepingPlace(change, holds = false) {
    if (this.isAtEnd && !holds) {
      change();
      return;
    }
    const anchor = this.#firstInView();
    // Its lower edge: the upper one moves when its name goes, as the first of a group no more.
    const before = anchor?.getBoundingClientRect().bottom;
    change();
    if (anchor?.isConnected) this.log.scrollTop += anchor.getBoundingClientRect().bottom - before;
  }

  #firstInView() {
    const top = this.log.getBoundingClientRect().top;
    return this.items().find((item) => item.getBoundingClientRect().bottom > top);
  }

  #place(item) {
    this.#own(item);
    const present = this.find(item.dataset.message);
    if (present) {
      this.#redraw(present, item);
    } else {
      const seq = Number(item.dataset.seq);
      const next = this.lastSeq < seq ? null : this.items().find((other) => Number(other.dataset.seq) > seq);
      this.element.insertBefore(item, next ? (this.#lineBefore(next) ?? next) : null);
    }
    htmx.process(item);
    this.roving.add(item);
    this.#arrange(item);
    const following = this.#neighbour(item, "nextElementSibling");
    if (following) this.#arrange(following);
  }

  /** In its new form, with the menu that is open there and the focus where they were. */
  #redraw(present, item) {
    const { activeElement } = document;
    const isInside = present.contains(activeElement);
    const menu = present.querySelector(".message-menu[open]");
    if (menu) item.querySelector(".message-menu")?.replaceWith(menu);
    item.classList.toggle("is-linked", present.classList.contains("is-linked"));
    item.classList.toggle("is-touched", present.classList.contains("is-touched"));
    present.replaceWith(item);
    if (!isInside) return;
    const { reaction } = activeElement.dataset;
    const same = reaction && item.querySelector(`[data-reaction="${CSS.escape(reaction)}"]`);
    const next = activeElement.isConnected ? activeElement : (same || item.querySelector(".message-menu > summary"));
    next?.focus({ preventScroll: true });
  }

  #own(item) {
    item.classList.toggle("is-mine", item.dataset.author === this.me);
    for (const time of item.querySelectorAll("time[data-clock]")) time.textContent = clock(time.dateTime);
    for (const time of item.querySelectorAll("time[data-day-clock]")) time.textContent = `${dayWords(time.dateTime)} ${clock(time.dateTime)}`;
  }

  /** The day line above an item, and whether it goes on from the message before. */
  #arrange(item) {
    const before = this.#neighbour(item, "previousElementSibling");
    const isNewDay = !before || dayKey(before.dataset.at) !== dayKey(item.dataset.at);
    const line = this.#lineBefore(item);
    if (!isNewDay) line?.remove();
    else if (!line) item.before(this.#dayLine(item.dataset.at));
    const isContinued =
      !isNewDay &&
      item.dataset.author !== undefined &&
      before.dataset.author === item.dataset.author &&
      !item.querySelector(".message-quote") &&
      !item.previousElementSibling.matches("[data-unread-line]") &&
      Date.parse(item.dataset.at) - Date.parse(before.dataset.at) < GROUP_MINUTES * 60_000;
    item.classList.toggle("is-continued", isContinued);
  }

  #neighbour(item, direction) {
    let other = item[direction];
    while (other && !other.dataset.seq) other = other[direction];
    return other;
  }

  #lineBefore(item) {
    let other = item.previousElementSibling;
    while (other && !other.dataset.seq) {
      if (other.matches("[data-day-line]")) return other;
      other = other.previousElementSibling;
    }
    return null;
  }

  #dayLine(at) {
    const line = document.createElement("li");
    line.className = "divider-line";
    line.dataset.dayLine = dayKey(at);
    line.textContent = dayWords(at);
    return line;
  }
}
