/* One file on its way to the server. XMLHttpRequest: fetch does not tell how much has gone up. */
import { showSignedOut } from "../lib/requests.js";
import { ask, token } from "./requests.js";

const WORDS = {
  0: "No connection.",
  413: "This file is too large.",
  429: "That were many files at once. Try again in a minute.",
};

export class Upload {
  /** waiting, running, done or failed. */
  state = "waiting";
  /** How much of it is there, from 0 to 1. */
  share = 0;
  /** Why it failed, and whether trying again may help. */
  error = "";
  mayRetry = false;
  /** Whether nobody answered: it goes on by itself once somebody does. */
  isLost = false;
  /** What the server calls it, once it is there. */
  id = null;
  #request = null;
  // The same at each attempt: what arrived without our learning of it is not kept twice.
  #key = crypto.randomUUID();

  /** `file` is of the browser, or {name, size, id} of one that is uploaded already. */
  constructor(file) {
    this.file = file;
    const { name, size, id } = file;
    Object.assign(this, { name, size });
    if (id) Object.assign(this, { id, state: "done" });
  }

  /** Not worth an attempt. */
  refuse(words) {
    Object.assign(this, { state: "failed", error: words, mayRetry: false });
  }

  /** Send it; `changed` is called whenever something about it is new. */
  start({ url, conversation }, changed) {
    Object.assign(this, { state: "running", share: 0, error: "" });
    const request = new XMLHttpRequest();
    this.#request = request;
    const form = new FormData();
    form.append("conversation", conversation);
    form.append("file", this.file, this.name);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      this.share = total ? loaded / total : 0;
      changed(this);
    });
    for (const type of ["load", "error"]) request.addEventListener(type, () => this.#ended(request, changed));
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Idempotency-Key", this.#key);
    request.responseType = "json";
    request.send(form);
    changed(this);
  }

  /** Break it off, or throw away what the server has; `url` is the file's, once it has an id. */
  drop(url) {
    this.#request?.abort();
    if (this.id) ask("DELETE", url);
  }

  #ended({ status, response }, changed) {
    this.#request = null;
    if (status === 201) Object.assign(this, { state: "done", id: response.id, name: response.name });
    else this.#fail(status, response?.detail);
    changed(this);
  }

  #fail(status, detail) {
    this.state = "failed";
    this.isLost = status === 0;
    this.mayRetry = status === 0 || status === 429 || status >= 500;
    this.error = WORDS[status] ?? detail ?? "It could not be uploaded.";
    if (status !== 401) return;
    this.error = "You are signed out.";
    showSignedOut();
  }
}
