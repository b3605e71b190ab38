/* Choosing an emoji in a dialog. The picker and its list are loaded when it is first opened. */
import { openDialog } from "../lib/dialogs.js";
import { toast } from "../lib/notices.js";

/** The emoji that somebody chooses, null if none. `source` is the address of the list. */
export function pickEmoji(opener, source) {
  const dialog = document.getElementById("emoji");
  let chosen = null;
  openDialog(dialog, opener);
  fill(dialog, source, (emoji) => {
    chosen = emoji;
    dialog.close();
  });
  // By then the focus is back where it was.
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(chosen), { once: true }));
}

async function fill(dialog, source, choose) {
  try {
    const { picker } = await import("./picker.js");
    dialog.querySelector("[data-emoji-place]").replaceChildren(picker(source, choose));
  } catch {
    dialog.close();
    toast("The emoji could not be loaded. Try again in a moment.");
  }
}

/** The composer's button: what is chosen goes where one was writing. */
export class EmojiButton {
  constructor(chat) {
    this.chat = chat;
  }

  async clicked(event) {
    const button = event.target.closest("[data-composer-emoji]");
    if (!button) return;
    const emoji = await pickEmoji(button, this.chat.element.dataset.emojiUrl);
    const { text } = this.chat.composer;
    if (!emoji || text.readOnly) return;
    text.setRangeText(emoji, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
    text.focus();
  }
}
