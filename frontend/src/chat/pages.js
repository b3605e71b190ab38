/*
 * Which part of a long conversation is loaded: older and newer messages come by scrolling, any place
 * by jumping there. The list lets go of what is far from the reader (list.js), and it comes back the
 * same way.
 */
import { toast } from "../lib/notices.js";

const NEAR = 600;

export class Pages {
  #turn = null;
  #late = [];

  constructor(chat) {
    this.chat = chat;
    this.list = chat.list;
    this.state = chat.element.dataset;
    this.note = chat.element.querySelector("[data-chat-older]");
    this.list.addEventListener("dropped", ({ detail }) => this.#dropped(detail));
    this.list.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new IntersectionObserver((entries) => entries[0].isIntersecting && this.#older(), {
      root: this.list.log,
      rootMargin: `${NEAR}px 0px 0px`,
    }).observe(this.note);
  }

  /** False where messages after those in the list are not loaded. */
  get isAtPresent() {
    return !("hasNewer" in this.state);
  }

  /** What came while a page was on its way is not in it, and goes in after it. */
  cameMeanwhile(message, html, isNew) {
    if (this.#turn) this.#late.push({ message, html, isNew });
  }

  /** The newest messages, from wherever the reader is. */
  newest() {
    return this.#load({}, () => this.newest(), (answer, html) => {
      this.#turnTo(answer, html);
      this.list.scrollToEnd();
    });
  }

  /** Show the message, loading what is around it where it is not loaded; false if it is not here. */
  async jump(messageId) {
    if (this.#show(messageId)) return true;
    try {
      await this.#fetch({ around: messageId }, (answer, html) => this.#turnTo(answer, html));
    } catch {
      return false;
    }
    return this.#show(messageId);
  }

  #show(messageId) {
    const item = this.list.find(messageId);
    if (!item) return false;
    for (const other of this.list.element.querySelectorAll(".is-linked")) other.classList.remove("is-linked");
    item.classList.add("is-linked");
    item.scrollIntoView({ block: "center" });
    return true;
  }

  #dropped(side) {
    if (side === "newer") this.state.hasNewer = "";
    else this.#setOlder(true);
    this.chat.drawBelow();
  }

  #setOlder(has) {
    if (has) this.state.hasOlder = "";
    else delete this.state.hasOlder;
    this.note.hidden = !has;
  }

  #setNewer(has) {
    if (has) this.state.hasNewer = "";
    else delete this.state.hasNewer;
    this.chat.drawBelow();
  }

  /** Another part of the conversation. */
  #turnTo(answer, html) {
    this.list.replace(html);
    this.#setOlder(answer.headers.get("X-Has-Older") === "yes");
    this.#setNewer(answer.headers.get("X-Has-Newer") === "yes");
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.list.log;
    if (this.#turn) return;
    if (!this.isAtPresent && scrollTop > -NEAR) this.#newer();
    else if (scrollHeight - clientHeight + scrollTop < NEAR) this.#older();
  }

  #older() {
    if (this.#turn || !("hasOlder" in this.state)) return;
    this.#load({ before: this.list.firstSeq }, () => this.#older(), (answer, html) => {
      this.list.keepingPlace(() => {
        // Before the list lets go of what is now too much, which may be at this end.
        this.#setOlder(answer.headers.get("X-Has-Older") === "yes");
        this.list.insert(html, { holds: true });
      }, true);
    });
  }

  #newer() {
    this.#load({ after: this.list.lastSeq }, () => this.#newer(), (answer, html) => {
      this.#setNewer(answer.headers.get("X-Has-Newer") === "yes");
      this.list.insert(html, { holds: true });
    });
  }

  async #load(query, again, put) {
    try {
      await this.#fetch(query, put);
    } catch {
      toast("More messages could not be loaded.", { words: "Try again", run: again });
    }
  }

  /** One page at a time counts: an answer that another request has overtaken is dropped. */
  async #fetch(query, put) {
    const turn = (this.#turn = Symbol("turn"));
    try {
      const answer = await fetch(`${this.state.messagesUrl}?${new URLSearchParams(query)}`);
      if (!answer.ok || answer.redirected) throw new Error("No page");
      const html = await answer.text();
      if (turn === this.#turn) put(answer, html);
    } finally {
      if (turn === this.#turn) this.#settle();
    }
  }

  #settle() {
    this.#turn = null;
    for (const { message, html, isNew } of this.#late.splice(0)) {
      if (this.list.find(message.id) || (isNew && this.isAtPresent)) this.list.insert(html);
    }
  }
}
