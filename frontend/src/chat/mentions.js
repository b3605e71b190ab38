/* Naming people: `@` offers those of the conversation; where one is named oneself stands out. */
import { Suggest, insert } from "./suggest.js";

const MOST_CHARACTERS = 60;
const PEOPLE_CHANGE = new Set(["MemberAdded", "AccessRevoked"]);

/** What stands between an `@` and the caret, if a name can begin there. */
function typed(value, caret) {
  const line = value.slice(Math.max(0, value.lastIndexOf("\n", caret - 1) + 1, caret - MOST_CHARACTERS), caret);
  const found = /(?:^|[^\p{L}\p{N}_@/.:+=&#%?\\-])@([^@]*)$/u.exec(line);
  if (!found || /^\s/.test(found[1])) return null;
  return { start: caret - found[1].length - 1, query: found[1] };
}

export class Mentions {
  constructor(chat) {
    this.me = chat.list.me;
    const { composer } = chat;
    if (!composer) return;
    this.suggest = new Suggest(composer, {
      label: "People to mention",
      address: chat.element.dataset.namesUrl,
      find: typed,
      choose: (option, range) => insert(composer.text, option.dataset.insert, range),
    });
  }

  inserted(items) {
    for (const item of items) {
      for (const mention of item.querySelectorAll(".mention")) {
        const whom = mention.dataset.mention.split(" ");
        const isMe = whom.includes(this.me) || (whom.includes("all") && item.dataset.author !== this.me);
        mention.classList.toggle("is-me", isMe);
      }
    }
  }

  received({ name }) {
    if (PEOPLE_CHANGE.has(name)) this.suggest?.forget();
  }

  close() {
    this.suggest?.close();
  }
}
