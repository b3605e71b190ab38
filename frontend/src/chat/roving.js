/*
 * One tab stop for all messages: Tab enters at the newest (or where one was), the arrows, Home
 * and End go from message to message, Enter opens the actions of the one in focus. Its reactions are
 * stops beside it.
 */
const BUTTON = ":scope > .message-menu > summary";

export class Roving {
  #stop = null;
  #isHeld = false;

  constructor(list) {
    this.list = list;
    list.addEventListener("focusin", (event) => {
      const item = event.target.closest("[data-message]");
      if (!item) return;
      this.#isHeld = true;
      this.#move(item.querySelector(BUTTON));
    });
    // Before the menus' own arrow keys (lib/menus.js), which listen on the document.
    list.addEventListener("keydown", (event) => this.#key(event));
    for (const item of this.#items()) this.add(item);
  }

  /** A message that was put into the list, or drawn again. */
  add(item) {
    const button = item.querySelector(BUTTON);
    if (!button) return;
    this.#stops(button, -1);
    const isNewest = this.#items().at(-1) === item;
    if (!this.#stop?.isConnected || (isNewest && !this.#isHeld)) this.#move(button);
  }

  /** After messages were taken away: one of those that are left can be reached. */
  mend() {
    if (!this.#stop?.isConnected) this.#move(this.#items().at(-1)?.querySelector(BUTTON));
  }

  /** Focus the message before (-1) or after (1) the one in focus; the newest to begin with. */
  step(direction) {
    const items = this.#items();
    const present = items.indexOf(document.activeElement?.closest("[data-message]"));
    const target = present < 0 ? items.at(-1) : items[present + direction];
    this.#focus(target);
  }

  #items() {
    return [...this.list.querySelectorAll(":scope > [data-message]")].filter((item) => item.querySelector(BUTTON));
  }

  #focus(item) {
    const button = item?.querySelector(BUTTON);
    if (!button) return;
    button.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  #move(button) {
    if (!button) return;
    if (this.#stop) this.#stops(this.#stop, -1);
    this.#stop = button;
    this.#stops(button, 0);
  }

  /** The button of a message, and its reactions with it. */
  #stops(button, tabIndex) {
    button.tabIndex = tabIndex;
    for (const reaction of button.closest("[data-message]")?.querySelectorAll(".reaction") ?? []) reaction.tabIndex = tabIndex;
  }

  #key(event) {
    if (!event.target.matches(".message-menu:not([open]) > summary, .reaction")) return;
    const items = this.#items();
    const present = items.indexOf(event.target.closest("[data-message]"));
    const targets = { ArrowUp: items[present - 1], ArrowDown: items[present + 1], Home: items[0], End: items.at(-1) };
    if (!(event.key in targets)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#focus(targets[event.key]);
  }
}
