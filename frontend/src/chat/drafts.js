/*
 * The draft with the server, for all devices of its author. The browser's own copy (draft.js) comes
 * first: the server gets it after a pause. What another device wrote is taken over where nothing was
 * typed since; where both were, this one stays and the other is offered.
 */
import { quoted } from "./gist.js";
import { ask } from "./requests.js";

const PAUSE = 1_000;
const AGAIN = 5_000;

const equals = (one, other) => one !== null && one.body === other.body && one.replyTo === other.replyTo;
const contentOf = ({ body, reply_to: replyTo }) => ({ body, replyTo });

export class Drafts {
  #timer = 0;
  #saving = null;
  #other = null;
  #refused = null;
  #isOver = false;

  constructor(chat) {
    if (!chat.composer) return;
    this.chat = chat;
    this.composer = chat.composer;
    this.draft = chat.composer.draft;
    this.url = chat.element.dataset.draftUrl;
    this.line = chat.element.querySelector("[data-draft-other]");
    /** What the server has, as far as this page knows. */
    this.saved = this.draft.isSaved ? this.composer.unsent : null;
    this.composer.addEventListener("kept", () => this.#kept());
    this.line.querySelector("[data-draft-take]").addEventListener("click", () => this.#takeOther());
    this.line.querySelector("[data-draft-keep]").addEventListener("click", () => this.#keepThis());
    chat.own.addEventListener("DraftChanged", ({ detail }) => this.#heard(detail.data));
    chat.socket.addEventListener("open", () => this.#save());
    addEventListener("pagehide", () => this.#save({ keepalive: true }));
    document.addEventListener("visibilitychange", () => document.hidden && this.#save({ keepalive: true }));
    this.#look();
  }

  close() {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Ask what the server has. */
  async #look() {
    const { status, data } = await ask("GET", this.url);
    if (status !== 200) return;
    if (data.version === this.draft.version) this.saved = contentOf(data);
    this.#heard(data);
  }

  #heard(data) {
    if (this.#isOver || data.conversation !== this.chat.conversation) return;
    if (data.version <= this.draft.version) return this.#kept();
    const content = contentOf(data);
    // What this page is saving right now: its event was faster than its answer.
    if (equals(this.#saving, content) || equals(content, this.composer.unsent)) return this.#known(data);
    if (this.draft.isSaved || !this.composer.unsent.body) this.#take(data);
    else this.#offer(data);
  }

  /** The server has this. */
  #known(data) {
    this.saved = contentOf(data);
    this.draft.mark(data.version, equals(this.saved, this.composer.unsent));
    this.#hideOther();
    this.#kept();
  }

  /** Something may be here that the server does not have. */
  #kept() {
    const isSaved = equals(this.saved, this.composer.unsent);
    if (isSaved !== this.draft.isSaved) this.draft.mark(this.draft.version, isSaved);
    if (this.#other && !this.composer.unsent.body) return this.#takeOther();
    clearTimeout(this.#timer);
    if (!isSaved && !this.#other && !equals(this.#refused, this.composer.unsent)) this.#timer = setTimeout(() => this.#save(), PAUSE);
  }

  async #save(options) {
    if (this.#isOver || this.draft.isSaved || this.#saving || this.#other) return;
    clearTimeout(this.#timer);
    const content = this.composer.unsent;
    if (equals(this.#refused, content)) return;
    this.#saving = content;
    const { version } = this.draft;
    const fields = { body: content.body, reply_to: content.replyTo, version };
    const { status, data } = await ask("PUT", this.url, fields, options);
    this.#saving = null;
    if (status === 200) {
      if (data.version >= this.draft.version) this.#known(data);
    } else if (status === 0 || status === 429 || status >= 500) {
      this.#timer = setTimeout(() => this.#save(), AGAIN);
    } else {
      if (status === 409) await this.#look();
      // Too long, or nobody can write here any more: it stays in this browser alone.
      if (!this.#other && this.draft.version === version) this.#refused = content;
    }
  }

  #offer(data) {
    clearTimeout(this.#timer);
    this.#other = data;
    if (!this.line.hidden) return;
    this.line.hidden = false;
    this.chat.element.querySelector("[data-chat-announce]").textContent = this.line.querySelector("span").textContent;
  }

  #hideOther() {
    this.#other = null;
    this.line.hidden = true;
  }

  #takeOther() {
    const data = this.#other;
    this.#hideOther();
    this.#take(data);
    this.composer.focus();
  }

  #keepThis() {
    const data = this.#other;
    this.#hideOther();
    this.saved = contentOf(data);
    this.draft.mark(data.version, false);
    this.#save();
    this.composer.focus();
  }

  #take(data) {
    this.saved = contentOf(data);
    this.draft.mark(data.version, true);
    this.composer.take({ ...this.saved, words: this.#wordsOf(this.saved.replyTo) });
  }

  #wordsOf(messageId) {
    const item = messageId && this.chat.list.find(messageId);
    return item ? quoted(item) : "an earlier message";
  }
}
