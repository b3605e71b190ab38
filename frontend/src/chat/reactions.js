/*
 * Answering with emoji. The chips come with the message, the same for everybody; which are one's own,
 * and whether one may press them, is decided here.
 */
import { toast } from "../lib/notices.js";
import { pickEmoji } from "./emoji.js";
import { post } from "./requests.js";

export class Reactions {
  constructor(chat) {
    this.chat = chat;
    this.me = chat.list.me;
    chat.element.addEventListener("keydown", (event) => this.#key(event));
  }

  inserted(items) {
    const unknown = [];
    for (const item of items) {
      for (const chip of item.querySelectorAll("[data-reaction]")) {
        this.#draw(chip, chip.dataset.people.split(" ").includes(this.me));
        if ("more" in chip.dataset && !this.#isMine(chip)) unknown.push(item.dataset.message);
      }
      if (!this.chat.composer) for (const chip of item.querySelectorAll(".reaction")) this.#hold(chip);
    }
    if (unknown.length) this.#ask([...new Set(unknown)]);
  }

  clicked(event) {
    const chip = event.target.closest(".reaction");
    const offer = event.target.closest("[data-react]");
    const more = event.target.closest("[data-react-more]");
    const item = event.target.closest("[data-message]");
    if (!this.chat.composer || !item) return;
    if (chip?.dataset.reaction) this.#change(item, chip.dataset.reaction, this.#isMine(chip));
    if (offer) this.#change(item, offer.dataset.react, offer.getAttribute("aria-pressed") === "true");
    if (more) this.#choose(item, more);
  }

  /** Told only to whose message it is: a lively talk would flood a screen reader. */
  received({ name, actor, data }) {
    if (name !== "ReactionAdded" || actor === this.me || data.sender.id !== this.me) return;
    const item = this.chat.list.find(data.id);
    const words = item?.querySelector(`[data-reaction="${CSS.escape(data.reaction)}"]`)?.dataset.words;
    this.chat.say(`${this.chat.nameOf(actor)} reacted to your message${words ? `: ${words}` : ""}`);
  }

  /** The quick ones stand in a row: left and right go along it, beside the menu's up and down. */
  #key(event) {
    const offer = event.target.closest(".menu-quick > *");
    const isForward = event.key === (getComputedStyle(this.chat.element).direction === "rtl" ? "ArrowLeft" : "ArrowRight");
    if (!offer || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    (isForward ? offer.nextElementSibling : offer.previousElementSibling)?.focus();
  }

  #isMine(chip) {
    return chip.getAttribute("aria-pressed") === "true";
  }

  #draw(chip, isMine) {
    chip.setAttribute("aria-pressed", String(isMine));
  }

  /** Seen, with who reacted, but not to be pressed. */
  #hold(chip) {
    if (chip.matches("[data-react-more]")) chip.remove();
    else chip.setAttribute("aria-disabled", "true");
  }

  /** Of emoji with more people than their chip names, whether one is among them. */
  async #ask(messages) {
    const query = new URLSearchParams(messages.map((message) => ["message", message]));
    const answer = await fetch(`${this.chat.element.dataset.ownReactionsUrl}?${query}`).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    for (const [message, emoji] of (await answer.json()).reactions) {
      const chip = this.chat.list.find(message)?.querySelector(`[data-reaction="${CSS.escape(emoji)}"]`);
      if (chip) this.#draw(chip, true);
    }
  }

  async #choose(item, opener) {
    const emoji = await pickEmoji(opener, this.chat.element.dataset.emojiUrl);
    if (emoji) this.#change(item, emoji, false);
  }

  async #change(item, emoji, isMine) {
    // Beside the menu's own address: one for each message would cost every message that is sent.
    const menu = item.querySelector(".message-menu > summary").getAttribute("hx-get");
    const address = new URL(isMine ? "../unreact/" : "../react/", new URL(menu, location));
    try {
      await post(address, { emoji });
    } catch (error) {
      toast(error.message);
    }
  }
}
