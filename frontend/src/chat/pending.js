/* Messages that are not with the server yet: dashed, and saying what they wait for. */
import { sizeWords } from "./chips.js";

export class Pending {
  composer = null;
  #held = "";

  constructor(chat, list, outbox, conversation) {
    this.element = chat.querySelector("[data-chat-pending]");
    this.template = chat.querySelector("[data-pending-template]");
    this.fileTemplate = chat.querySelector("[data-pending-file-template]");
    this.list = list;
    this.outbox = outbox;
    this.conversation = conversation;
    outbox.addEventListener("added", ({ detail }) => this.#show(detail));
    outbox.addEventListener("changed", ({ detail }) => this.#show(detail));
    outbox.addEventListener("removed", ({ detail }) => this.remove(detail.clientId));
    outbox.items().then((items) => items.forEach((item) => this.#show(item)));
  }

  /** Nothing is sent from now on; `words` say what it waits for. */
  hold(words) {
    this.#held = words;
    this.outbox.items().then((items) => items.forEach((item) => this.#show(item)));
  }

  remove(clientId) {
    this.#find(clientId)?.remove();
  }

  #find(clientId) {
    return this.element.querySelector(`[data-pending="${clientId}"]`);
  }

  #show(item) {
    if (item.conversation !== this.conversation) return;
    // The event may have been faster than IndexedDB.
    if (this.list.element.querySelector(`[data-client-id="${item.clientId}"]`)) return;
    const present = this.#find(item.clientId);
    const row = present ?? this.template.content.firstElementChild.cloneNode(true);
    row.dataset.pending = item.clientId;
    this.#fill(row, item);
    const receipt = row.querySelector("[data-receipt]");
    if (!present) this.element.append(row);
    if (this.#held) return receipt.replaceChildren(this.#held);
    receipt.classList.toggle("is-failed", Boolean(item.error));
    receipt.replaceChildren(item.error ? `Not sent. ${item.error}` : "Sending");
    if (item.error) receipt.append(...this.#ways(item));
  }

  #fill(row, { body, files = [] }) {
    row.querySelector(".message-body").hidden = !body;
    row.querySelector(".message-body").textContent = body;
    const list = row.querySelector(".message-files");
    list.hidden = !files.length;
    list.replaceChildren(...files.map((file) => {
      const card = this.fileTemplate.content.firstElementChild.cloneNode(true);
      card.querySelector(".message-file-name").textContent = file.name;
      card.querySelector("[data-file-size]").textContent = sizeWords(file.size);
      return card;
    }));
  }

  #ways(item) {
    // In a room that is over nothing can be written: the words can still be taken along.
    if (!this.composer) {
      const copy = this.#button("Copy", () => navigator.clipboard.writeText(item.body));
      return [...(item.body ? [copy] : []), this.#button("Discard", () => this.outbox.discard(item.clientId))];
    }
    const retry = this.#button("Try again", () => this.outbox.retry(item.clientId));
    const take = this.#button("Take back", async () => {
      const given = await this.outbox.discard(item.clientId);
      if (given) this.composer.restore(given.body, given.files);
    });
    return [retry, take];
  }

  #button(words, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-plain btn-sm";
    button.textContent = words;
    button.addEventListener("click", run);
    return button;
  }
}
