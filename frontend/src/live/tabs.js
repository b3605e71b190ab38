/*
 * The tabs of this browser that are live for somebody, so that one of them speaks for all. Each holds
 * a lock whose name says how it stands; a tab that ends, however it does, loses it.
 */
const PREFIX = "consultsuite:tab";

/** The conversation that is open on this page, or empty. */
const open = () => document.querySelector("[data-chat]")?.dataset.conversation ?? "";

/** Whether a conversation is open before the person in this tab. */
export const isInFront = (conversation) => !document.hidden && open() === conversation;

export class Tabs {
  #me;
  #id = crypto.randomUUID();
  #release = () => {};
  #isOver = false;

  constructor(me) {
    this.#me = me;
    if (!navigator.locks) return; // not over https: each tab is the only one it knows
    this.#hold();
    document.addEventListener("visibilitychange", () => this.#hold());
    // A page that holds a lock is not kept for the way back.
    addEventListener("pagehide", () => this.#release());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#hold());
  }

  /** Seen before hidden, then by id: the first speaks. */
  get #name() {
    return [PREFIX, this.#me, document.hidden ? "hidden" : "before", this.#id, open()].join(" ");
  }

  /** This tab does not speak for anybody any more. */
  close() {
    this.#isOver = true;
    this.#release();
  }

  #hold() {
    if (this.#isOver) return;
    // Shared, or the same name twice would wait for itself.
    navigator.locks.request(this.#name, { mode: "shared" }, () => {
      this.#release();
      return new Promise((resolve) => {
        this.#release = resolve;
      });
    });
  }

  /** Whether this tab speaks, and which conversations are open before the person in any tab. */
  async ask() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    const mine = `${PREFIX} ${this.#me} `;
    const names = held.map(({ name }) => name).filter((name) => name.startsWith(mine));
    const others = names.filter((name) => !name.includes(this.#id));
    const seen = [...others, this.#name].filter((name) => name.startsWith(`${mine}before `));
    return {
      speaks: others.every((name) => this.#name < name),
      inFront: new Set(seen.map((name) => name.split(" ").at(-1))),
    };
  }
}
