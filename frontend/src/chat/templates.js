/*
 * Replies to use again: `/` in an empty message, or the button, offers them; the server fills them in
 * for this conversation. What it does not know stays in braces, and is pointed out before it is sent.
 */
import { toast } from "../lib/notices.js";
import { Suggest, insert } from "./suggest.js";

const CHANGES = ["ReplyTemplateMade", "ReplyTemplateChanged", "ReplyTemplateDeleted"];
const FRESH = 60_000; // shared ones are changed by others

/** A slash that begins a message in which nothing else stands. */
function typed(value, caret) {
  const found = /^\/([^\n]{0,60})$/.exec(value);
  return found && caret === value.length ? { start: 0, query: found[1] } : null;
}

export class Templates {
  constructor(chat) {
    const { composer } = chat;
    if (!composer) return;
    this.text = composer.text;
    this.composer = composer;
    this.url = chat.element.dataset.templatesUrl;
    this.key = `fill-in:${chat.list.me}:${chat.conversation}`;
    this.suggest = new Suggest(composer, {
      label: "Templates",
      address: this.url,
      find: typed,
      choose: (option, range) => this.#choose(option.dataset.template, range),
      none: () => [this.#link("Make a template"), " to insert it here."],
    });
    composer.questions.push((body) => this.#ask(body));
    composer.form.querySelector("[data-composer-templates]").addEventListener("click", () => this.#open());
    for (const name of CHANGES) chat.own.addEventListener(name, () => this.suggest.forget());
    this.text.addEventListener("focus", () => this.#refresh());
  }

  close() {
    this.suggest?.close();
  }

  #open() {
    this.#refresh();
    if (this.suggest.isOpen) this.suggest.close();
    else this.suggest.open();
  }

  #refresh() {
    if (Date.now() - (this.loadedAt ?? 0) < FRESH) return;
    this.loadedAt = Date.now();
    this.suggest.forget();
  }

  #link(words) {
    const link = document.createElement("a");
    link.className = "underline";
    link.href = "/inbox/templates/";
    link.textContent = words;
    return link;
  }

  async #choose(template, range) {
    const before = this.text.value;
    try {
      const answer = await fetch(`${this.url}${template}/`);
      if (!answer.ok || answer.redirected) throw new Error("No template");
      const { text, missing } = await answer.json();
      const caret = this.text.selectionStart;
      // Typed on meanwhile: what was typed stays.
      const place = this.text.value === before ? range : { start: caret, end: caret };
      insert(this.text, text, place);
      if (missing.length) this.#pointOut(missing, place.start);
    } catch {
      toast("The template could not be inserted. Try again in a moment.");
    }
  }

  /** Kept with the draft: it may be sent after the page was loaded anew. */
  #pointOut(missing, from) {
    sessionStorage.setItem(this.key, JSON.stringify(missing));
    const first = `{${missing[0]}}`;
    const start = this.text.value.indexOf(first, from);
    if (start >= 0) this.text.setSelectionRange(start, start + first.length);
    this.composer.complain(`Fill in ${this.#listed(missing)}.`);
  }

  #ask(body) {
    const missing = JSON.parse(sessionStorage.getItem(this.key) ?? "[]").filter((name) => body.includes(`{${name}}`));
    if (missing.length) return `Fill in ${this.#listed(missing)}, or send it once more to leave it so.`;
    sessionStorage.removeItem(this.key);
    return "";
  }

  #listed(names) {
    return names.map((name) => `{${name}}`).join(", ");
  }
}
