/* A button on each block of code that copies it. */
import { toast } from "../lib/notices.js";

const SHOWN = 2_000;

export class CodeBlocks {
  constructor(chat) {
    this.chat = chat;
    this.template = chat.element.querySelector("[data-copy-code-template]");
  }

  inserted(items) {
    for (const item of items) for (const code of item.querySelectorAll("pre.code")) this.#wrap(code);
  }

  async clicked(event) {
    const button = event.target.closest("[data-copy-code]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.classList.add("is-done");
      this.chat.tell("Code copied");
      setTimeout(() => button.classList.remove("is-done"), SHOWN);
    } catch {
      toast("Copying is not allowed here. Select the code and copy it by hand.");
    }
  }

  #wrap(code) {
    if (code.parentElement.matches(".code-block")) return;
    const block = document.createElement("div");
    block.className = "code-block";
    code.replaceWith(block);
    block.append(code, this.template.content.cloneNode(true));
  }
}
