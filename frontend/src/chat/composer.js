/* Where one writes: Enter sends, drafts are kept, a reply or an edit shows what it belongs to. */
import { Draft } from "./draft.js";

/** What is said while the server wants fewer messages. */
export function waitingWords(seconds, reason) {
  const time = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} second${seconds === 1 ? "" : "s"}`;
  return `${reason} Your messages are kept and go on by themselves in ${time}.`;
}

/** Until there is a part that takes files (files.js). */
const NO_FILES = { count: 0, areReady: () => true, take: () => [], putBack: () => {} };

export class Composer extends EventTarget {
  #mode = { kind: "new" };
  #asked = "";

  /** Parts may ask something before words go out: `(body) => words`, empty for nothing to ask. */
  questions = [];

  /** What goes with the words. */
  files = NO_FILES;

  constructor(form, { conversation, me }) {
    super();
    this.form = form;
    this.text = form.querySelector("textarea");
    this.button = form.querySelector("[data-composer-send]");
    this.context = form.querySelector("[data-composer-context]");
    this.error = form.querySelector("#composer-error");
    this.waiting = form.querySelector("[data-composer-wait]");
    this.hint = form.querySelector("#composer-hint");
    this.draft = new Draft(me, conversation);
    this.sendsByEnter = form.dataset.enterSends !== "no";
    this.#resume();
    this.#listen();
    this.show();
    new ResizeObserver(() => this.#clear()).observe(form);
  }

  focus() {
    this.text.focus();
  }

  /** Whether Enter alone sends, as the person says; Ctrl Enter always does. */
  set entersSend(isOn) {
    this.sendsByEnter = isOn;
    if (!this.text.readOnly) this.hint.textContent = isOn ? "Enter sends, Shift Enter starts a line" : "Ctrl Enter sends, Enter starts a line";
  }

  /** Answer a message: the next one sent refers to it. */
  reply(messageId, words) {
    this.#setMode({ kind: "reply", messageId }, `Reply to ${words}`);
  }

  /** Change a message that was sent. */
  edit(messageId, body, href) {
    const draft = this.#mode.kind === "edit" ? this.#mode.draft : this.text.value;
    this.text.value = body;
    this.#setMode({ kind: "edit", messageId, href, draft, before: body }, "Editing your message");
    this.show();
  }

  /** Say under the text what is wrong; empty words take it away. */
  complain(words) {
    this.error.hidden = !words;
    this.error.textContent = words;
    this.text.setAttribute("aria-invalid", String(Boolean(words)));
  }

  /** Count down to the moment when sending goes on; `until` 0 takes the line away. */
  wait(until, reason = "") {
    clearInterval(this.countdown);
    const show = () => {
      const seconds = Math.ceil((until - Date.now()) / 1_000);
      this.waiting.hidden = seconds <= 0;
      if (seconds <= 0) return clearInterval(this.countdown);
      this.waiting.textContent = waitingWords(seconds, reason);
    };
    if (until) this.countdown = setInterval(show, 1_000);
    show();
  }

  /** Keep what is written, to be read and copied; `words` say what it waits for. */
  close(words) {
    this.wait(0);
    this.complain("");
    this.text.readOnly = true;
    this.text.placeholder = "";
    this.form.querySelector("label").textContent = "What you were writing";
    for (const button of this.form.querySelectorAll("button")) button.disabled = true;
    this.context.hidden = true;
    this.hint.replaceChildren();
    this.waiting.textContent = words;
    this.waiting.hidden = false;
  }

  /** Put words and files back that could not be sent. */
  restore(body, files = []) {
    this.text.value = [this.text.value, body].filter(Boolean).join("\n");
    this.files.putBack(files);
    this.#keepDraft();
    this.show();
    this.focus();
  }

  /** What would be sent as a new message: not what is being edited. */
  get unsent() {
    const body = (this.#mode.kind === "edit" ? this.#mode.draft : this.text.value) ?? "";
    return { body: body.trim() ? body : "", replyTo: (body.trim() && this.#mode.kind === "reply" && this.#mode.messageId) || null };
  }

  get isEditing() {
    return this.#mode.kind === "edit";
  }

  /** Go on with a draft from another device; `words` say what it replies to. */
  take({ body, replyTo, words }) {
    if (this.isEditing) this.#mode.draft = body;
    else {
      this.text.value = body;
      if (replyTo) this.#showMode({ kind: "reply", messageId: replyTo }, `Reply to ${words}`);
      else {
        this.#mode = { kind: "new" };
        this.context.hidden = true;
      }
    }
    this.#keepDraft();
    this.show();
  }

  /** What stood here is on its way otherwise. */
  finish() {
    this.#sent(this.#mode);
  }

  /** Go on where one was before the page was loaded anew. */
  #resume() {
    const { text, mode, words } = this.draft.read();
    this.text.value = text;
    if (mode.kind !== "new") this.#showMode(mode, words);
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.#submit();
    });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => {
      this.#keepDraft();
      this.show();
      this.complain("");
      this.dispatchEvent(new CustomEvent("typing"));
    });
    this.form.querySelector("[data-composer-cancel]").addEventListener("click", () => this.#leaveMode());
    this.form.querySelector("[data-composer-code]").addEventListener("click", () => this.#insertCode());
  }

  #key(event) {
    if (event.isComposing || this.text.readOnly) return;
    const sends = event.ctrlKey || event.metaKey || (this.sendsByEnter && !matchMedia("(pointer: coarse)").matches);
    const isCode = !event.ctrlKey && !event.metaKey && this.#isInCode();
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && sends && !isCode) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#mode.kind !== "new") {
      event.preventDefault();
      this.#leaveMode();
    } else if (event.key === "ArrowUp" && !this.text.value) {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent("edit-last"));
    }
  }

  /** Within an open block of code Enter starts a line; Ctrl Enter sends all the same. */
  #isInCode() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    return (before.match(/^```/gm) ?? []).length % 2 === 1;
  }

  #submit() {
    if (this.text.readOnly) return;
    const body = this.text.value.trim();
    const files = this.isEditing ? NO_FILES : this.files;
    if ((!body && !files.count) || this.#isTooLong(body)) return;
    if (!files.areReady(() => this.isEditing || this.#submit()) || (body && this.asks(body))) return;
    const mode = this.#mode;
    const detail = { body, files: files.take(), mode, done: () => this.#sent(mode) };
    this.dispatchEvent(new CustomEvent("submit", { detail }));
  }

  #isTooLong(body) {
    const [length, most] = [[...body].length, Number(this.form.dataset.most)];
    if (length <= most) return false;
    const [has, may] = [length, most].map((number) => number.toLocaleString("en"));
    this.complain(`This message has ${has} characters; ${may} is the most. Send it in parts.`);
    return true;
  }

  /** Asked once: who sends the same words again means them. */
  asks(body) {
    const words = this.#asked === body ? "" : this.questions.map((ask) => ask(body)).find(Boolean);
    this.#asked = words ? body : "";
    if (words) this.complain(words);
    return Boolean(words);
  }

  #sent(mode) {
    this.complain("");
    this.text.value = mode.draft ?? "";
    this.#mode = { kind: "new" };
    this.context.hidden = true;
    this.#keepDraft();
    this.show();
  }

  #setMode(mode, words) {
    this.#showMode(mode, words);
    this.#keepDraft();
    this.show();
    this.focus();
  }

  #showMode(mode, words) {
    this.#mode = mode;
    this.context.hidden = false;
    this.context.querySelector("[data-composer-context-words]").textContent = words;
  }

  #leaveMode() {
    if (this.#mode.kind === "edit") this.text.value = this.#mode.draft;
    this.#mode = { kind: "new" };
    this.context.hidden = true;
    this.complain("");
    this.#keepDraft();
    this.show();
    this.focus();
  }

  #insertCode() {
    const { selectionStart: start, selectionEnd: end, value } = this.text;
    const lead = start && value[start - 1] !== "\n" ? "\n" : "";
    const block = `${lead}\`\`\`\n${value.slice(start, end)}\n\`\`\`\n`;
    this.text.setRangeText(block, start, end, "end");
    this.text.setSelectionRange(start + lead.length + 4, start + lead.length + 4 + (end - start));
    this.focus();
    this.text.dispatchEvent(new Event("input"));
  }

  #keepDraft() {
    const words = this.context.querySelector("[data-composer-context-words]").textContent;
    this.draft.keep({ text: this.text.value, mode: this.#mode, words });
    this.dispatchEvent(new CustomEvent("kept"));
  }

  /** Tell the toasts how much room to leave: nothing may lie over Send. */
  #clear() {
    document.documentElement.style.setProperty("--composer-height", `${this.form.offsetHeight}px`);
  }

  /** Send is filled only while there is something to send; files go with new messages alone. */
  show() {
    const number = this.isEditing ? 0 : this.files.count;
    this.form.toggleAttribute("data-editing", this.isEditing);
    this.text.required = !number;
    this.button.classList.toggle("is-quiet", !number && !this.text.value.trim());
  }
}
