/* Sending later: the menu beside Send, and above the composer what waits for its time. */
import htmx from "htmx.org";
import { openerOf } from "../lib/dialogs.js";
import { post } from "./requests.js";

const CHANGES = ["MessageScheduled", "ScheduledMessageChanged", "ScheduledMessageCancelled", "ScheduledMessageSent", "ScheduledMessageFailed"];

export class Later {
  #sending = null;
  #isOver = false;

  constructor(chat) {
    if (!chat.composer) return;
    this.chat = chat;
    this.composer = chat.composer;
    this.url = chat.element.dataset.scheduledUrl;
    this.strip = chat.element.querySelector("[data-scheduled-strip]");
    chat.element.querySelector("[data-later]").hidden = false;
    for (const name of CHANGES) {
      chat.own.addEventListener(name, ({ detail }) => {
        if (detail.data.conversation_id === chat.conversation) this.#refresh();
      });
    }
    this.strip.addEventListener("htmx:afterRequest", ({ detail }) => this.#done(detail));
    this.dialog = document.getElementById("send-later");
    this.dialog?.querySelector("form").addEventListener("submit", (event) => this.#chosen(event));
    this.#refresh();
  }

  close() {
    this.#isOver = true;
    this.strip?.replaceChildren();
    this.dialog?.close();
  }

  clicked(event) {
    const { sendAt } = event.target.closest("[data-send-at]")?.dataset ?? {};
    if (sendAt) this.#schedule(sendAt).catch((error) => this.composer.complain(error.message));
  }

  async #chosen(event) {
    event.preventDefault();
    event.stopPropagation();
    const form = event.target;
    // A page may hold the dialog for several conversations, one after the other.
    if (!this.chat.element.isConnected || !this.chat.element.contains(openerOf(this.dialog))) return;
    const error = form.querySelector(".form-error");
    error.hidden = true;
    try {
      await this.#schedule(form.elements.send_at.value);
      this.dialog.close();
      form.reset();
      form.querySelector("[role=status]").replaceChildren();
    } catch ({ message }) {
      error.hidden = false;
      error.textContent = message;
    }
  }

  /** Words that will not be sent later are not lost: one goes on with them. */
  #done({ requestConfig, successful }) {
    const { words } = requestConfig.elt.dataset;
    if (!successful || !words) return;
    this.composer.restore(words);
    this.chat.tell("Not sent later; the words are back here");
  }

  async #schedule(sendAt) {
    if (this.composer.isEditing) throw new Error("Finish editing your message first.");
    if (this.composer.files.count) throw new Error("Files cannot be sent later yet. Send them now, or remove them.");
    const { body, replyTo } = this.composer.unsent;
    if (!body) throw new Error("Write something before sending.");
    if (this.composer.asks(body)) return this.dialog?.close();
    // The same words for the same time are the same message, however often they are posted.
    const key = JSON.stringify([body, replyTo, sendAt]);
    if (this.#sending?.key !== key) this.#sending = { key, clientId: crypto.randomUUID() };
    const values = { body, send_at: sendAt, client_id: this.#sending.clientId };
    await post(this.url, replyTo ? { ...values, reply_to: replyTo } : values);
    this.#sending = null;
    // What was typed meanwhile stays.
    if (this.composer.unsent.body === body) this.composer.finish();
    this.chat.tell("It will be sent later");
    this.composer.focus();
  }

  async #refresh() {
    const answer = await fetch(this.url).catch(() => null);
    if (!answer?.ok || answer.redirected || this.#isOver) return;
    const html = await answer.text();
    const isOpen = this.strip.querySelector("details")?.open;
    const hasFocus = this.strip.contains(document.activeElement);
    this.strip.innerHTML = html;
    htmx.process(this.strip);
    const details = this.strip.querySelector("details");
    if (details && isOpen) details.open = true;
    if (hasFocus) (details?.querySelector("summary") ?? this.composer).focus();
  }
}
