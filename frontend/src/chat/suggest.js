/*
 * The list that opens over the composer while one types a name after `@` or a template after `/`.
 *
 * The focus stays in the text, which names the list (aria-controls) and the entry that Enter would
 * insert (aria-activedescendant). It is no combobox: that role is for a single line. Escape closes,
 * Tab goes on as ever, so that the list holds nobody.
 */
const SHOWN = 50;
let made = 0;

const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** 0: the words begin so. 1: each word typed begins one of them, in their order. 2: neither.
    After a space another word is to come, so that a name that stands there whole is done. */
function distance(words, query) {
  if (words.startsWith(query)) return 0;
  const parts = query.split(/\s+/);
  for (const word of words.split(/[\s/]+/)) if (parts.length && word.startsWith(parts[0])) parts.shift();
  return parts.length ? 2 : 1;
}

export class Suggest {
  #id = `suggest-${(made += 1)}`;
  #loading = null;
  #isLoading = false;
  #range = null;
  #shown = [];
  #chosen = null;
  #left = null; // where the list was closed by hand: it stays closed there
  #forced = null; // where it was opened by a button

  /**
   * label            what is listed
   * address          where the entries come from, loaded once until `forget`
   * find             (value, caret) => {start, query}, or null where there is nothing to suggest
   * choose           (option, {start, end}), once one is chosen
   * none             words where there is nothing at all, as nodes
   */
  constructor(composer, { label, address, find, choose, none = null }) {
    Object.assign(this, { text: composer.text, address, find, choose, none });
    this.#build(composer.form, label);
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-haspopup", "listbox");
    for (const type of ["input", "click", "focus"]) this.text.addEventListener(type, () => this.#look());
    this.text.addEventListener("keyup", ({ key }) => /^(Arrow(Left|Right)|Home|End)$/.test(key) && this.#look());
    this.text.addEventListener("blur", () => this.close());
    // Before the composer, for which Enter sends.
    composer.form.addEventListener("keydown", (event) => event.target === this.text && this.#key(event), { capture: true });
  }

  get isOpen() {
    return !this.box.hidden;
  }

  /** Load anew at the next opening. */
  forget() {
    this.#loading = null;
  }

  /** Open at the caret, whatever stands before it. */
  open() {
    this.text.focus();
    this.#left = null;
    this.#forced = this.text.selectionStart;
    this.#look();
  }

  close() {
    this.#range = null;
    this.#forced = null;
    if (this.box.hidden) return;
    this.box.hidden = true;
    this.status.textContent = "";
    this.#mark(null);
    if (this.text.getAttribute("aria-controls") === this.list.id) this.text.removeAttribute("aria-controls");
  }

  #build(form, label) {
    this.box = document.createElement("div");
    this.box.className = "suggestions";
    this.box.hidden = true;
    this.list = document.createElement("div");
    this.list.className = "suggestions-list scroll-quiet";
    this.list.id = this.#id;
    this.list.role = "listbox";
    this.list.ariaLabel = label;
    this.note = document.createElement("p");
    this.note.className = "suggestions-note";
    this.box.append(this.list, this.note);
    this.status = document.createElement("p");
    this.status.className = "sr-only";
    this.status.role = "status";
    form.prepend(this.box, this.status);
    // The text keeps the focus, and on a phone its keyboard.
    this.box.addEventListener("pointerdown", (event) => event.target.closest("a") || event.preventDefault());
    this.box.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#pick(option);
    });
  }

  #look() {
    const { value, selectionStart: caret, selectionEnd } = this.text;
    const found = caret === selectionEnd && !this.text.readOnly ? this.#found(value, caret) : null;
    if (found?.start !== this.#left) this.#left = null;
    if (!found || this.#left !== null) return this.close();
    this.#range = { start: found.start, end: caret };
    this.#show(found.query);
  }

  #found(value, caret) {
    if (this.#forced === null || caret < this.#forced) return this.find(value, caret);
    return { start: this.#forced, query: value.slice(this.#forced, caret) };
  }

  async #show(query) {
    const range = this.#range;
    this.#isLoading = true;
    const options = await this.#load();
    this.#isLoading = false;
    if (range !== this.#range) return; // typed on, or gone elsewhere
    if (!options) return this.#say("This list could not be loaded. Try again in a moment.");
    if (!options.length && !query) return this.none ? this.#say(...this.none()) : this.close();
    const wanted = plain(query);
    const ranked = options.map((option) => [option, distance(plain(option.dataset.words), wanted)]);
    const near = [0, 1].flatMap((rank) => ranked.filter((entry) => entry[1] === rank).map(([option]) => option));
    if (near.length) this.#list(near.slice(0, SHOWN));
    else this.close();
  }

  #load() {
    this.#loading ??= fetch(this.address, { headers: { "HX-Request": "true" } })
      .then(async (answer) => {
        if (!answer.ok || answer.redirected) throw new Error("No list");
        const box = document.createElement("template");
        box.innerHTML = await answer.text();
        return [...box.content.querySelectorAll("[role=option]")];
      })
      .catch(() => {
        this.#loading = null;
        return null;
      });
    return this.#loading;
  }

  #list(options) {
    for (const [place, option] of options.entries()) option.id = `${this.#id}-${place}`;
    this.#shown = options;
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.note.hidden = true;
    this.#open();
    this.#mark(options[0]);
    this.status.textContent = `${options.length} to choose from. Up and down choose, Enter inserts.`;
  }

  #say(...nodes) {
    this.#shown = [];
    this.#mark(null);
    this.list.hidden = true;
    this.note.hidden = false;
    this.note.replaceChildren(...nodes);
    this.#open();
    this.status.textContent = this.note.textContent;
  }

  #open() {
    this.box.hidden = false;
    this.text.setAttribute("aria-controls", this.list.id);
  }

  #mark(option) {
    this.#chosen?.setAttribute("aria-selected", "false");
    this.#chosen = option;
    option?.setAttribute("aria-selected", "true");
    if (option) this.text.setAttribute("aria-activedescendant", option.id);
    else if (this.text.getAttribute("aria-activedescendant")?.startsWith(`${this.#id}-`)) this.text.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.isComposing || !this.#range) return;
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (this.isOpen && event.key === "Escape") this.#leave();
    else if (this.isOpen && isPlain && event.key in steps && this.#shown.length) this.#step(steps[event.key]);
    else if (this.isOpen && isPlain && event.key === "Enter" && this.#chosen) this.#pick(this.#chosen);
    // What is typed faster than the list comes is not sent half-way.
    else if (!(this.#isLoading && isPlain && event.key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(by) {
    this.#mark(this.#shown.at((this.#shown.indexOf(this.#chosen) + by) % this.#shown.length));
  }

  #leave() {
    this.#left = this.#range.start;
    this.close();
  }

  #pick(option) {
    const range = this.#range;
    this.close();
    this.choose(option, range);
  }
}

/** Put words into the text in place of a range, as if they were typed. */
export function insert(text, words, { start, end }) {
  text.setRangeText(words, start, end, "end");
  text.focus();
  text.dispatchEvent(new Event("input"));
}
