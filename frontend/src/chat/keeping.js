/*
 * Pinning, saving, forwarding and links: htmx sends what the menus offer; here is said what came of
 * it (data-said), and panels that list pins learn when they change ("pins:changed" on the body).
 */
import { toast } from "../lib/notices.js";

const PINS = new Set(["MessagePinned", "MessageUnpinned", "MessageEdited", "MessageDeleted"]);

export class Keeping {
  #listening = new AbortController();

  constructor(chat) {
    this.chat = chat;
    document.addEventListener("htmx:afterRequest", ({ detail }) => this.#done(detail), { signal: this.#listening.signal });
  }

  close() {
    this.#listening.abort();
  }

  received({ name }) {
    if (PINS.has(name)) document.body.dispatchEvent(new CustomEvent("pins:changed"));
  }

  clicked(event) {
    const link = event.target.closest("[data-copy-link]");
    if (link) this.#copy(new URL(link.dataset.copyLink, location.origin).href);
  }

  /** Asked of what sent the request: a menu that was drawn anew meanwhile has it no more. */
  #done({ requestConfig, successful }) {
    const { said } = requestConfig.elt.dataset;
    if (successful && said) this.chat.tell(said);
  }

  async #copy(address) {
    try {
      await navigator.clipboard.writeText(address);
      this.chat.tell("Link copied");
    } catch {
      toast(`Copying is not allowed here. The link: ${address}`);
    }
  }
}
