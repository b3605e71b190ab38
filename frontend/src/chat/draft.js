/*
 * What was typed but not sent, with what it belongs to, kept in this browser: at once, and without a
 * connection. drafts.js keeps it with the server too. Where nobody can write any more it is shown to
 * be copied or dropped, so that no words are lost.
 */
import { toast } from "../lib/notices.js";

const NOTHING = { text: "", mode: { kind: "new" }, words: "", version: 0, isSaved: true };

export class Draft {
  constructor(me, conversation) {
    this.key = `draft:${me}:${conversation}`;
    const { version, isSaved } = this.read();
    /** Of the server's draft that this one goes on from, and whether the server has this one. */
    this.version = version;
    this.isSaved = isSaved;
  }

  /** {text, mode, words}: mode says whether it is a reply or an edit, words say of what. */
  read() {
    const kept = localStorage.getItem(this.key);
    if (!kept) return NOTHING;
    try {
      return { ...NOTHING, ...JSON.parse(kept) };
    } catch {
      return { ...NOTHING, text: kept };
    }
  }

  keep({ text, mode, words }) {
    const { version, isSaved } = this;
    const isWorthIt = text || mode.kind !== "new" || !isSaved;
    if (isWorthIt) localStorage.setItem(this.key, JSON.stringify({ text, mode, words, version, isSaved }));
    else localStorage.removeItem(this.key);
  }

  /** Keep where it stands with the server. */
  mark(version, isSaved) {
    this.version = version;
    this.isSaved = isSaved;
    this.keep(this.read());
  }
}

/** Under a conversation that is closed: what one was writing when it closed. */
export function showUnsent(chat, draft) {
  const { text, mode } = draft.read();
  const place = chat.querySelector("[data-unsent]");
  const words = text.trim();
  if (!place || !words || (mode.kind === "edit" && words === mode.before)) return;
  const finish = () => {
    localStorage.removeItem(draft.key);
    place.hidden = true;
  };
  place.querySelector("[data-unsent-text]").textContent = words;
  const copy = place.querySelector("[data-unsent-copy]");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(words);
      chat.querySelector("[data-chat-announce]").textContent = "Copied";
      copy.lastChild.textContent = " Copied";
    } catch {
      toast("Copying is not allowed here. Select the words and copy them by hand.");
    }
  });
  place.querySelector("[data-unsent-drop]").addEventListener("click", finish);
  place.hidden = false;
}
