/* A live conversation: list, composer, outbox and socket brought together. */
import { toast } from "../lib/notices.js";
import { openDialog } from "../lib/dialogs.js";
import { Composer, waitingWords } from "./composer.js";
import { Draft, showUnsent } from "./draft.js";
import { gist, quoted } from "./gist.js";
import { MessageList } from "./list.js";
import { Pages } from "./pages.js";
import { PARTS } from "./parts.js";
import { Pending } from "./pending.js";
import { post } from "./requests.js";
import { clock } from "./times.js";

const TYPING_EVERY = 3_000;
const TYPING_SHOWN = 5_000;
const READ_AFTER = 1_000;
const SHOWN = 4_000;

export class Chat {
  #typing = new Map();
  #typedAt = 0;
  #below = 0;
  #unseen = 0;
  #readTimer = 0;
  #announceTimer = 0;
  #shownTimer = 0;
  #heard = [];

  constructor(element, { socket, outbox, own, name }) {
    this.element = element;
    this.socket = socket;
    this.outbox = outbox;
    this.own = own;
    this.nameOf = name;
    this.conversation = element.dataset.conversation;
    this.stream = `conversation:${this.conversation}`;
    this.readSeq = Number(element.dataset.readSeq);
    this.list = new MessageList(element);
    this.pages = new Pages(this);
    this.pending = new Pending(element, this.list, outbox, this.conversation);
    const form = element.querySelector("[data-composer]");
    if (form) this.#compose(form);
    else showUnsent(element, new Draft(this.list.me, this.conversation));
    this.#listen();
    this.parts = PARTS.map((Part) => new Part(this));
    this.list.addEventListener("inserted", ({ detail }) => this.#tellParts("inserted", detail));
    this.#tellParts("inserted", this.list.items());
    socket.follow(this.stream, Number(element.dataset.head), (event) => this.#receive(event));
    const { linked } = element.dataset;
    if (linked) this.pages.jump(linked);
    this.drawBelow();
    this.#markReadSoon();
  }

  #tellParts(method, detail) {
    for (const part of this.parts) part[method]?.(detail);
  }

  #compose(form) {
    this.composer = new Composer(form, { conversation: this.conversation, me: this.list.me });
    this.pending.composer = this.composer;
    this.outbox.addEventListener("waiting", ({ detail }) => this.#tellWaiting(detail));
    this.composer.addEventListener("submit", ({ detail }) => this.#submit(detail));
    this.composer.addEventListener("typing", () => this.#tellTyping());
    this.composer.addEventListener("edit-last", () => {
      const mine = this.list.items().filter((item) => item.matches(".is-mine:has(.message-menu)"));
      if (mine.length) this.#editByMenu(mine.at(-1));
    });
  }

  #listen() {
    this.log = this.list.log;
    this.socket.addEventListener("typing", ({ detail }) => detail.stream === this.stream && this.#showTyping(detail.user));
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.element.querySelector("[data-chat-below]").addEventListener("click", () => this.#toEnd());
    this.element.addEventListener("click", (event) => this.#clicked(event));
    document.getElementById("delete-confirm")?.addEventListener("click", () => this.#delete());
    for (const type of ["focus", "visibilitychange"]) addEventListener(type, () => this.#markReadSoon());
  }

  /** Show nobody's words but those that were not sent; `words` say what they wait for. */
  close(words) {
    this.#tellParts("close");
    clearTimeout(this.#announceTimer);
    clearTimeout(this.#readTimer);
    for (const timer of this.#typing.values()) clearTimeout(timer);
    this.list.close();
    this.pending.hold(words);
    this.composer?.close(words);
    const part = (name) => this.element.querySelector(`[data-chat-${name}]`);
    for (const name of ["older", "below"]) part(name).hidden = true;
    for (const name of ["typing", "announce"]) part(name).replaceChildren();
    part("empty").textContent = "What was said here is shown again once you have signed in.";
  }

  // What comes in ---------------------------------------------------------------------------

  #receive(frame) {
    const { name, data, html } = frame;
    if (html && name === "MessageSent") this.#arrived(data, html);
    else if (html) this.#changed(data, html);
    this.#tellParts("received", frame);
  }

  #changed(message, html) {
    if (this.list.find(message.id)) this.list.insert(html);
    this.pages.cameMeanwhile(message, html, false);
    this.list.requote(message);
  }

  #arrived(message, html) {
    const isMine = message.sender.id === this.list.me;
    if (isMine) this.outbox.settle(message.client_id);
    this.pending.remove(message.client_id);
    // Between an old place and the present is a gap; it is loaded by scrolling.
    if (!this.pages.isAtPresent) {
      this.pages.cameMeanwhile(message, html, true);
      return this.#countBelow();
    }
    const wasAtEnd = this.list.isAtEnd;
    if (!isMine && !this.#isWatched(wasAtEnd)) this.#tellUnseen(this.#unseen + 1);
    this.#typing.delete(message.sender.id);
    this.#drawTyping();
    if (!isMine && message.message_type !== "system" && !this.#isWatched(wasAtEnd)) this.#unreadLine(message);
    this.list.insert(html);
    if (wasAtEnd || isMine) this.list.scrollToEnd();
    else this.#countBelow();
    if (!isMine) this.#announce(message);
    this.#markReadSoon();
  }

  #isWatched(isAtEnd) {
    return isAtEnd && document.hasFocus() && !document.hidden && this.element.offsetParent !== null;
  }

  #unreadLine(message) {
    if (this.element.querySelector("[data-unread-line]")) return;
    const line = document.createElement("li");
    line.className = "divider-line is-new";
    line.dataset.unreadLine = "";
    line.textContent = `New since ${clock(message.created_at)}`;
    this.list.keepingPlace(() => this.list.element.append(line));
  }

  #countBelow() {
    this.#below += 1;
    this.drawBelow();
  }

  /** The button that leads to the newest message, where that is not in view. */
  drawBelow() {
    const button = this.element.querySelector("[data-chat-below]");
    button.hidden = !this.#below && this.pages.isAtPresent;
    button.textContent = this.#below ? `${this.#below} new message${this.#below > 1 ? "s" : ""}` : "To the newest";
  }

  #tellUnseen(number) {
    this.#unseen = number;
    this.element.dispatchEvent(new CustomEvent("chat:unseen", { bubbles: true, detail: number }));
  }

  /** Said politely, as what somebody did here has come to be. */
  say(words) {
    clearTimeout(this.#shownTimer);
    this.#announcer.classList.add("sr-only");
    this.#announcer.textContent = words;
  }

  /** Said, and shown for a moment: what came of something one did. */
  tell(words) {
    this.say(words);
    this.#announcer.classList.remove("sr-only");
    this.#shownTimer = setTimeout(() => this.#announcer.classList.add("sr-only"), SHOWN);
  }

  get #announcer() {
    return this.element.querySelector("[data-chat-announce]");
  }

  /** Said politely and together, so that a lively talk does not flood a screen reader. */
  #announce(message) {
    this.#heard.push(message);
    clearTimeout(this.#announceTimer);
    this.#announceTimer = setTimeout(() => {
      const { length } = this.#heard;
      const [first] = this.#heard;
      const words = length === 1 ? `${first.sender.name}: ${gist(first).slice(0, 200)}` : `${length} new messages`;
      this.say(words);
      this.#heard = [];
    }, 1_500);
  }

  // Reading ---------------------------------------------------------------------------------

  #scrolled() {
    if (!this.list.isAtEnd || !this.pages.isAtPresent) return;
    if (this.#below) {
      this.#below = 0;
      this.drawBelow();
    }
    this.#markReadSoon();
  }

  #toEnd() {
    this.#toEndQuietly();
    this.composer?.focus();
  }

  #markReadSoon() {
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => {
      const seq = this.list.lastSeq;
      if (!this.#isWatched(this.list.isAtEnd)) return;
      if (this.#unseen) this.#tellUnseen(0);
      if (seq <= this.readSeq) return;
      this.readSeq = seq;
      post(this.element.dataset.readUrl, { seq }).catch(() => (this.readSeq = 0));
    }, READ_AFTER);
  }

  // Doing something with a message ----------------------------------------------------------

  #clicked(event) {
    const touched = event.target.closest(".message-group");
    for (const other of this.element.querySelectorAll(".is-touched")) if (other !== touched) other.classList.remove("is-touched");
    touched?.classList.add("is-touched");
    const menu = event.target.closest(".message-menu");
    if (menu) this.#openInside(menu);
    this.#tellParts("clicked", event);
    const step = event.target.closest("[data-chat-step]");
    if (step) this.list.roving.step(Number(step.dataset.chatStep));
    const control = event.target.closest("[data-reply], [data-edit], [data-delete]");
    if (!control) return;
    const { reply, edit, delete: removed, body, href } = control.dataset;
    if (reply) this.composer.reply(reply, quoted(this.list.find(reply)));
    if (edit) this.composer.edit(edit, body, href);
    if (removed) this.#askDelete(removed, href, control);
  }

  /** What the message's own menu offers, without opening it. */
  async #editByMenu(item) {
    const answer = await fetch(item.querySelector(".message-menu > summary").getAttribute("hx-get"));
    if (!answer.ok || answer.redirected) return;
    const menu = document.createElement("template");
    menu.innerHTML = await answer.text();
    const offer = menu.content.querySelector("[data-edit]");
    if (offer) this.composer.edit(offer.dataset.edit, offer.dataset.body, offer.dataset.href);
  }

  /** The log cuts off what sticks out of it: menus open where there is more room, and scroll. */
  #openInside(menu) {
    const [log, button] = [this.log.getBoundingClientRect(), menu.getBoundingClientRect()];
    const [above, below] = [button.top - log.top, log.bottom - button.bottom];
    menu.classList.toggle("opens-up", above > below);
    const [left, right] = [button.right - log.left, log.right - button.left];
    const [backwards, onwards] = document.dir === "rtl" ? [right, left] : [left, right];
    menu.classList.toggle("opens-start", onwards > backwards);
    menu.style.setProperty("--across", `${Math.max(backwards, onwards) - 8}px`);
    menu.style.setProperty("--room", `${Math.max(above, below) - 8}px`);
  }

  #askDelete(messageId, href, opener) {
    const dialog = document.getElementById("delete");
    document.getElementById("delete-excerpt").textContent = quoted(this.list.find(messageId));
    this.deleting = href;
    openDialog(dialog, opener);
  }

  async #delete() {
    document.getElementById("delete").close();
    try {
      await post(this.deleting, {});
      // The menu that led here goes with the message.
      this.log.focus({ preventScroll: true });
    } catch (error) {
      toast(error.message);
    }
  }

  async #submit({ body, files, mode, done }) {
    if (mode.kind !== "edit") {
      // Emptied at once: what is typed while the message is being kept belongs to the next one.
      done();
      try {
        await this.outbox.add({ conversation: this.conversation, body, files, replyTo: mode.messageId });
      } catch {
        this.composer.restore(body, files);
        this.composer.complain("This browser cannot keep the message safely. Free some space, or leave private mode, and send it again.");
      }
      this.#toEndQuietly();
      return;
    }
    try {
      await post(mode.href, { body });
      done();
    } catch (error) {
      this.composer.complain(error.message);
    }
  }

  /** Seen counting down, and said once: a count said every second keeps one from writing. */
  #tellWaiting({ until, reason }) {
    this.composer.wait(until, reason);
    const seconds = Math.ceil((until - Date.now()) / 1_000);
    this.say(waitingWords(seconds, reason));
  }

  #toEndQuietly() {
    if (this.pages.isAtPresent) return this.list.scrollToEnd();
    this.#below = 0;
    this.pages.newest();
  }

  // Typing ----------------------------------------------------------------------------------

  #tellTyping() {
    if (Date.now() - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = Date.now();
    this.socket.send({ type: "typing", conversation: this.conversation });
  }

  #showTyping(userId) {
    clearTimeout(this.#typing.get(userId));
    this.#typing.set(userId, setTimeout(() => {
      this.#typing.delete(userId);
      this.#drawTyping();
    }, TYPING_SHOWN));
    this.#drawTyping();
  }

  #drawTyping() {
    const names = [...this.#typing.keys()].map((id) => this.nameOf(id));
    const line = this.element.querySelector("[data-chat-typing]");
    line.replaceChildren();
    if (!names.length) return;
    const dots = document.createElement("span");
    dots.className = "typing";
    dots.ariaHidden = "true";
    dots.append(...[0, 1, 2].map(() => document.createElement("i")));
    line.append(dots, names.length === 1 ? `${names[0]} is typing` : `${names.slice(0, 3).join(" and ")} are typing`);
  }
}
