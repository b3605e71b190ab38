/*
 * Links to messages, here and in what is shown beside the conversation (its pins): whatever is linked
 * by data-jump="<message>" is shown in place, loaded if need be. A link that names another
 * conversation (data-jump-in) is followed.
 */
export class Jump {
  #listening = new AbortController();

  constructor(chat) {
    this.chat = chat;
    document.addEventListener("click", (event) => this.#clicked(event), { signal: this.#listening.signal });
  }

  close() {
    this.#listening.abort();
  }

  async #clicked(event) {
    const link = event.target.closest("[data-jump]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { jump, jumpIn } = link.dataset;
    const isHere = jumpIn ? jumpIn === this.chat.conversation : this.chat.element.contains(link);
    if (!isHere) return;
    event.preventDefault();
    link.closest("dialog")?.close();
    if (!(await this.chat.pages.jump(jump))) location.assign(link.href);
    else this.chat.list.find(jump)?.querySelector(".message-menu > summary")?.focus({ preventScroll: true });
  }
}
