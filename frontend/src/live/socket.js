/*
 * The page's one socket. It remembers the number of the newest event of every stream it
 * follows, and after a lost connection asks for everything after that number. So a page that
 * slept for an hour ends with the same events as one that never did.
 */
const FIRST_WAIT = 400;
const LONGEST_WAIT = 15_000;
// After an answer that the server is recovering.
const ASK_AGAIN = 500;
// After this much silence the server is asked whether it is there; without an answer in as much
// time again the line is dead, whatever the browser believes.
const SILENCE = 8_000;

const SIGNED_OUT = 4401;
// Too much came from here. The last frame says how long to stay away, or this does.
const FLOOD = 1008;
const AFTER_FLOOD = 10;
// A process was asked to end: everybody on it moves at once, so each picks a moment of this time.
const RESTARTING = 1012;
const MOVE_WITHIN = 3_000;

export class Socket extends EventTarget {
  #socket = null;
  #streams = new Map();
  #attempt = 0;
  #timer = 0;
  #heard = 0;
  #stopped = false;
  #notBefore = 0;

  constructor() {
    super();
    addEventListener("online", () => this.#reconnectNow());
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.#reconnectNow());
    // A page that holds a line is not kept for the way back.
    addEventListener("pagehide", () => this.#rest());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#reconnectNow());
    setInterval(() => this.#checkSilence(), 2_000);
    this.#open();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Follow a stream; `after` is the number up to which the page already shows it, or null for what
   * comes from now on.
   */
  follow(stream, after, receive) {
    this.#streams.set(stream, { seq: after, receive, isAsking: false });
    if (this.isOpen) this.#subscribe(stream);
  }

  /** Send a frame if the line is there; answers whether it was. */
  send(frame) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** End it for good. */
  close() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Begin again where it was ended, or came to its end. */
  goOn() {
    this.#stopped = false;
    this.#reconnectNow();
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      this.#heard = Date.now();
      for (const stream of this.#streams.keys()) this.#subscribe(stream);
      this.#tell("open");
    });
    socket.addEventListener("message", (event) => {
      this.#heard = Date.now();
      this.#receive(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => this.#closed(socket, event.code));
  }

  #closed(socket, code) {
    if (socket !== this.#socket || this.#stopped) return;
    this.#socket = null;
    if (code === SIGNED_OUT) {
      this.#stopped = true;
      this.#tell("signed-out");
      return;
    }
    this.#tell("lost");
    // Jitter, so that a restarted server is not met by everybody in the same moment.
    const wait =
      code === RESTARTING
        ? MOVE_WITHIN * Math.random()
        : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempt) * (0.5 + Math.random());
    this.#attempt += 1;
    clearTimeout(this.#timer);
    if (code === FLOOD && this.#notBefore < Date.now()) this.#stayAway(AFTER_FLOOD);
    this.#timer = setTimeout(() => this.#open(), Math.max(wait, this.#notBefore - Date.now()));
  }

  #stayAway(seconds) {
    this.#notBefore = Date.now() + seconds * 1_000 * (1 + Math.random() / 4);
  }

  #reconnectNow() {
    if (this.#socket || this.#stopped || Date.now() < this.#notBefore) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  #checkSilence() {
    if (!this.isOpen) return;
    const silent = Date.now() - this.#heard;
    if (silent > 2 * SILENCE) this.#drop();
    else if (silent > SILENCE) this.send({ type: "ping" });
  }

  /** Give the line up at once: a browser may wait a minute for a server that cannot answer. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.close();
    this.#closed(socket, 1006);
  }

  #rest() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #subscribe(stream) {
    const followed = this.#streams.get(stream);
    if (followed) followed.isAsking = this.send({ type: "subscribe", stream, after: followed.seq ?? undefined });
  }

  #receive(frame) {
    if (frame.type === "event") return this.#receiveEvent(frame);
    if (frame.type === "heads") return this.#compare(frame.streams);
    if (frame.type === "subscribed") return this.#subscribed(frame);
    if (frame.type === "revoked") this.#streams.delete(frame.stream);
    if (frame.type === "error" && frame.code === "rate_limited" && !frame.id) this.#stayAway(frame.retry_after);
    if (frame.type === "error" && frame.stream) return this.#notSubscribed(frame);
    this.#tell(frame.type, frame);
  }

  #subscribed({ stream, head, begins = 0 }) {
    const followed = this.#streams.get(stream);
    if (!followed) return;
    followed.isAsking = false;
    followed.seq ??= head;
    // What is up to there was deleted for oneself meanwhile: it does not come any more.
    followed.seq = Math.max(followed.seq, begins);
    // The log is shorter than what this page has seen: it was restored from a backup.
    if (head < followed.seq) this.#tell("rewound", { stream });
  }

  #notSubscribed({ stream, code }) {
    if (code === "unavailable") setTimeout(() => this.#subscribe(stream), ASK_AGAIN * (0.5 + Math.random()));
    else if (this.#streams.delete(stream)) this.#tell("revoked", { stream });
  }

  #receiveEvent(frame) {
    const followed = this.#streams.get(frame.stream);
    if (!followed || (followed.seq !== null && frame.seq <= followed.seq)) return;
    // A gap: something was missed on the way. Ask for it, once; this event comes again in its turn.
    if (followed.seq !== null && frame.seq > followed.seq + 1) return followed.isAsking || this.#subscribe(frame.stream);
    followed.seq = frame.seq;
    followed.receive(frame);
  }

  #compare(heads) {
    for (const [stream, head] of Object.entries(heads)) {
      const followed = this.#streams.get(stream);
      if (followed && followed.seq !== null && !followed.isAsking && head > followed.seq) this.#subscribe(stream);
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
