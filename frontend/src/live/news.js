/*
 * What is new in the person's conversations, whichever they are: told to the page as "inbox:changed",
 * for lists and numbers. `isInFront` says that it is about what is open here, which is read in a moment.
 */
import { isInFront } from "./tabs.js";

const CHANGES = [
  "ConversationRead",
  "ConversationKept",
  "ConversationCleared",
  "ContactRequested",
  "ContactRequestWithdrawn",
  "ContactRequestAccepted",
  "ContactRequestDeclined",
];

const tell = (detail = {}) => document.body.dispatchEvent(new CustomEvent("inbox:changed", { detail }));

export class News {
  constructor(socket, own, arrivals, me) {
    socket.addEventListener("news", ({ detail: { stream, seq, name, actor } }) => {
      const conversation = stream.slice("conversation:".length);
      tell({ isInFront: isInFront(conversation) });
      if (name === "MessageSent" && actor !== me) arrivals.came(conversation, seq);
    });
    // Word of what is new may have been missed until now.
    socket.addEventListener("open", () => tell());
    document.addEventListener("visibilitychange", () => document.hidden || tell());
    for (const name of CHANGES) own.addEventListener(name, () => tell());
  }
}
