/*
 * Messages on their way, kept in IndexedDB until the server has acknowledged them: they
 * outlive a reload, a crash and a week offline. Each carries a client_id, so sending one
 * twice is harmless. One at a time and in order: the next goes when the one before arrived.
 */
import { openDB } from "idb";

const RETRY = 2_000;
// Without an answer in this time the message is sent again.
const ANSWER = 10_000;
const TEMPORARY = "unavailable";
const TOO_OFTEN = "rate_limited";

const NAME = "consultsuite";

let opening = null;
function database() {
  opening ??= openDB(NAME, 1, {
    upgrade(db) {
      db.createObjectStore("outbox", { keyPath: "clientId" }).createIndex("writtenAt", "writtenAt");
    },
  });
  return opening;
}

export class Outbox extends EventTarget {
  #socket;
  #owner;
  #underway = null;
  #timer = 0;
  #notBefore = 0;
  #pause = 0;

  /** Whether somebody's messages wait here; makes no database where there is none. */
  static async holdsSomething(owner) {
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === NAME)) return false;
    const all = await (await database()).getAll("outbox");
    return all.some((item) => item.owner === owner && !item.error);
  }

  /** `owner` is the signed-in person: on a shared browser nobody sends another's messages. */
  constructor(socket, owner) {
    super();
    this.#socket = socket;
    this.#owner = owner;
    socket.addEventListener("open", () => this.#restart());
    socket.addEventListener("lost", () => this.#stop());
    socket.addEventListener("ack", ({ detail }) => this.#acknowledged(detail));
    socket.addEventListener("error", ({ detail }) => this.#refused(detail));
    this.flush();
  }

  /** Everything that waits or failed, oldest first. */
  async items() {
    const all = await (await database()).getAllFromIndex("outbox", "writtenAt");
    return all.filter((item) => item.owner === this.#owner);
  }

  /** Keep a message and send it as soon as possible; `files` ({id, name, size}) are uploaded. */
  async add({ conversation, body, files, replyTo }) {
    const item = {
      clientId: crypto.randomUUID(),
      owner: this.#owner,
      conversation,
      body,
      files,
      replyTo,
      writtenAt: Date.now(),
      error: "",
    };
    await (await database()).put("outbox", item);
    this.#tell("added", item);
    this.flush();
    return item;
  }

  /** Try a failed message once more. */
  async retry(clientId) {
    const item = await (await database()).get("outbox", clientId);
    if (!item) return;
    item.error = "";
    await (await database()).put("outbox", item);
    this.#tell("changed", item);
    this.flush();
  }

  /** Give a message up; answers what it said. */
  async discard(clientId) {
    const item = await (await database()).get("outbox", clientId);
    await (await database()).delete("outbox", clientId);
    this.#tell("removed", { clientId });
    return item;
  }

  /** A message is known to be stored: its event came, perhaps before its acknowledgement. */
  async settle(clientId) {
    if (this.#underway === clientId) this.#stop();
    await (await database()).delete("outbox", clientId);
    this.flush();
  }

  /** Send the oldest message that has not failed. */
  async flush() {
    if (this.#underway || !this.#socket.isOpen || this.#isPausing()) return;
    const next = (await this.items()).find((item) => !item.error);
    if (!next || this.#underway) return;
    this.#underway = next.clientId;
    this.#timer = setTimeout(() => this.#restart(), ANSWER);
    this.#socket.send({
      type: "message.send",
      id: next.clientId,
      client_id: next.clientId,
      conversation: next.conversation,
      body: next.body,
      // What was kept before messages could have files has none.
      attachments: next.files?.map(({ id }) => id),
      reply_to: next.replyTo ?? undefined,
    });
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#underway = null;
  }

  #restart() {
    this.#stop();
    this.flush();
  }

  async #acknowledged({ id, message }) {
    if (id === this.#underway) this.#stop();
    await (await database()).delete("outbox", id);
    this.#tell("sent", message);
    this.flush();
  }

  /** Whether the server wants us to wait; sending goes on by itself afterwards. */
  #isPausing() {
    const wait = this.#notBefore - Date.now();
    if (wait <= 0) return false;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.flush(), wait);
    return true;
  }

  async #refused({ id, code, detail, reason, retry_after: seconds }) {
    if (!id || id !== this.#underway) return;
    this.#stop();
    if (code === "signed_out") return;
    if (code === TEMPORARY) {
      this.#timer = setTimeout(() => this.flush(), RETRY);
      return;
    }
    if (code === TOO_OFTEN) {
      this.#notBefore = Date.now() + seconds * 1_000;
      this.#tell("waiting", { until: this.#notBefore, reason });
      this.flush();
      return;
    }
    const item = await (await database()).get("outbox", id);
    if (item) {
      item.error = detail;
      await (await database()).put("outbox", item);
      this.#tell("changed", item);
    }
    this.flush();
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
