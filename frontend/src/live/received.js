/*
 * Says what has got here and was not read: at most once in two seconds for each conversation, and
 * not at all where it is read until then, which says more.
 */
const AFTER = 2_000;

export class Received {
  #waiting = new Map();
  #told = new Map();

  constructor(socket) {
    this.socket = socket;
  }

  /** A message of somebody else came; `isRead(seq)` is asked before it is told. */
  got(conversation, seq, isRead = () => false) {
    const waits = this.#waiting.get(conversation);
    if (seq <= Math.max(waits ?? 0, this.#told.get(conversation) ?? 0)) return;
    this.#waiting.set(conversation, seq);
    if (waits === undefined) setTimeout(() => this.#tell(conversation, isRead), AFTER);
  }

  #tell(conversation, isRead) {
    const seq = this.#waiting.get(conversation);
    this.#waiting.delete(conversation);
    if (isRead(seq)) return;
    if (this.socket.send({ type: "received", conversation, seq })) this.#told.set(conversation, seq);
  }
}
