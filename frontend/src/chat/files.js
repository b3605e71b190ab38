/*
 * Files to send with the next message: chosen, dropped or pasted, they are uploaded at once and stand
 * as chips over the text. Send waits for those on their way. What is uploaded outlives a reload of the
 * tab; once sent it is the outbox's (live/outbox.js).
 */
import { Chips, sizeWords } from "./chips.js";
import { takeDropped } from "./dropping.js";
import { ask } from "./requests.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2;
const NO_ID = "00000000-0000-0000-0000-000000000000";
const WAITS = "Your message goes out as soon as its files are uploaded.";

const listed = (uploads) => (uploads.length === 1 ? uploads[0].name : `${uploads.length} files`);

export class Files {
  #uploads = [];
  #listening = new AbortController();
  #again = null;

  constructor(chat) {
    this.chat = chat;
    this.composer = chat.composer;
    if (!this.composer) return;
    const { element } = chat;
    this.input = element.querySelector("[data-composer-input]");
    this.attach = element.querySelector("[data-composer-attach]");
    this.held = element.querySelector("[data-composer-held]");
    this.key = `files:${chat.list.me}:${chat.conversation}`;
    this.chips = new Chips(element, { again: (upload) => this.#retry(upload), remove: (upload) => this.#remove(upload), leave: () => this.composer.focus() });
    this.composer.files = this;
    this.#listen();
    this.#resume();
  }

  get count() {
    return this.#uploads.length;
  }

  /** Panels that list the conversation's files learn when they change. */
  received({ name, data }) {
    if ((name === "MessageSent" && data.attachments?.length) || name === "MessageDeleted") document.body.dispatchEvent(new CustomEvent("files:changed"));
  }

  close() {
    if (!this.composer) return;
    this.#listening.abort();
    this.#wait(null);
    for (const upload of this.#uploads) if (upload.state === "running") upload.drop();
  }

  /**
   * Whether all are there. If not it is said why; where that is because some are on their way,
   * `again` is called once they are.
   */
  areReady(again) {
    if (this.count > this.input.dataset.maxFiles) {
      this.composer.complain(this.#tooMany);
      return false;
    }
    const failed = this.#with("failed");
    if (failed.length) {
      const way = failed.some(({ mayRetry }) => mayRetry) ? "Try again or remove" : "Remove";
      this.composer.complain(`${listed(failed)} could not be uploaded. ${way} ${failed.length === 1 ? "it" : "them"}, then send.`);
      this.chips.reveal(failed[0]);
      return false;
    }
    const isReady = this.#with("done").length === this.count;
    if (!isReady) this.#wait(again);
    return isReady;
  }

  /** Hand them over, `{id, name, size}` each, to be sent: they stand here no more. */
  take() {
    const taken = this.#uploads.map(({ id, name, size }) => ({ id, name, size }));
    for (const upload of this.#uploads) this.chips.drop(upload);
    this.#uploads = [];
    this.#changed();
    return taken;
  }

  /** What was taken could not be sent; what the server has no more is said to be gone. */
  async putBack(taken) {
    const uploads = taken.map((file) => new Upload(file));
    this.#show(uploads);
    for (const upload of uploads) {
      const { status } = await ask("GET", this.#urlOf(upload.id));
      if (status !== 404 || !this.#uploads.includes(upload)) continue;
      upload.refuse("This file is no longer there. Attach it again.");
      this.chips.draw(upload);
      this.#changed();
    }
  }

  #listen() {
    const { signal } = this.#listening;
    this.attach.hidden = false;
    this.attach.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.#add([...this.input.files]);
      // So that the same one can be chosen again.
      this.input.value = "";
      this.composer.focus();
    });
    const mayTake = () => !this.composer.text.readOnly && !this.composer.isEditing;
    const take = (files, folders) => this.#add(files, folders);
    takeDropped(this.chat.element, this.chat.element.querySelector("[data-chat-drop]"), { mayTake, take }, signal);
    this.chat.socket.addEventListener("open", () => this.#retryLost(), { signal });
    addEventListener("beforeunload", (event) => this.#onTheirWay().length && event.preventDefault(), { signal });
  }

  #with(state) {
    return this.#uploads.filter((upload) => upload.state === state);
  }

  #onTheirWay() {
    return [...this.#with("waiting"), ...this.#with("running")];
  }

  #add(files, folders = 0) {
    if (this.composer.text.readOnly) return;
    if (this.composer.isEditing) return this.composer.complain("Finish editing your message first: files go with a new one.");
    const free = this.input.dataset.maxFiles - this.count;
    const added = files.slice(0, Math.max(0, free)).map((file) => new Upload(file));
    for (const upload of added) this.#check(upload);
    this.#show(added);
    const fine = added.filter(({ state }) => state === "waiting");
    if (fine.length) this.chat.say(`Uploading ${listed(fine)}`);
    this.composer.complain(this.#against(files.length, free, folders));
    this.#next();
  }

  #against(number, free, folders) {
    if (number > free) return this.#tooMany;
    return folders ? "Folders cannot be sent. Choose the files in it, or pack it into a ZIP file." : "";
  }

  get #tooMany() {
    return `A message carries at most ${this.input.dataset.maxFiles} files. Send the others in another one.`;
  }

  #check(upload) {
    const { maxBytes } = this.input.dataset;
    if (!upload.size) upload.refuse("This file is empty.");
    else if (upload.size > maxBytes) upload.refuse(`Too large: ${sizeWords(upload.size)}. At most ${sizeWords(maxBytes)} can be sent.`);
    if (upload.error) this.chat.say(`${upload.name}: ${upload.error}`);
  }

  #show(uploads) {
    for (const upload of uploads) this.chips.add(upload);
    this.#uploads.push(...uploads);
    if (uploads.length) this.chips.reveal(uploads.at(-1));
    this.#changed();
  }

  #next() {
    const [next] = this.#with("waiting");
    if (!next || this.#with("running").length >= AT_ONCE) return;
    const place = { url: this.chat.element.dataset.uploadUrl, conversation: this.chat.conversation };
    next.start(place, (upload) => this.#moved(upload));
    this.#next();
  }

  #moved(upload) {
    if (!this.#uploads.includes(upload)) return;
    this.chips.draw(upload);
    if (upload.state === "running") return;
    if (upload.state === "failed") this.chat.say(`${upload.name}: ${upload.error}`);
    this.#next();
    this.#changed();
    if (!this.#onTheirWay().length) this.#settled();
  }

  /** None is on its way any more. */
  #settled() {
    const again = this.#again;
    this.#wait(null);
    if (again) return again();
    const done = this.#with("done");
    if (done.length && done.length === this.count) this.chat.say(`${listed(done)} uploaded`);
  }

  #retry(upload) {
    upload.state = "waiting";
    this.composer.complain("");
    this.chips.draw(upload);
    this.#next();
  }

  /** The connection is there again: go on with what was lost with it. */
  #retryLost() {
    for (const upload of this.#with("failed")) if (upload.isLost) this.#retry(upload);
  }

  #remove(upload) {
    upload.drop(this.#urlOf(upload.id));
    this.#uploads = this.#uploads.filter((other) => other !== upload);
    if (!this.chips.drop(upload)) this.composer.focus();
    this.composer.complain("");
    this.chat.say(`${upload.name} removed`);
    // Whoever takes a file out of a message that waits for it has thought better of sending it so.
    if (this.#again) this.chat.tell("Not sent: look at it again and send it");
    this.#wait(null);
    this.#next();
    this.#changed();
  }

  #urlOf(id) {
    return this.chat.element.dataset.fileUrl.replace(NO_ID, id);
  }

  #wait(again) {
    this.#again = again;
    this.held.hidden = !again;
    this.held.textContent = again ? WAITS : "";
    if (again) this.chat.say(WAITS);
  }

  #changed() {
    const done = this.#with("done").map(({ id, name, size }) => ({ id, name, size }));
    if (done.length) sessionStorage.setItem(this.key, JSON.stringify(done));
    else sessionStorage.removeItem(this.key);
    this.composer.show();
  }

  /** Go on with what was uploaded before the page was loaded anew. */
  #resume() {
    this.putBack(JSON.parse(sessionStorage.getItem(this.key) ?? "[]"));
  }
}
