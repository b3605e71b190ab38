/* A page without a script of its own is live all the same, after everything that it shows. */
import { SIGNED_OUT, showSignedOut } from "../lib/requests.js";
import { flush } from "./flush.js";
import { joinIn } from "./person.js";
import { Socket } from "./socket.js";

// Whoever signs out here is led away before; then nothing needs to be said.
const LOOK_AFTER = 1_500;
const AGAIN_AFTER = 60_000;

export function goLive(me) {
  const socket = new Socket();
  joinIn(socket, me);
  flush(socket, me);
  let wentOnAt = 0;

  /** A new password, for one, gives the browser another session: then the page goes on. */
  async function look() {
    const answer = await fetch(document.body.dataset.countUrl).catch(() => null);
    if (!answer?.ok || answer.redirected || Date.now() < wentOnAt + AGAIN_AFTER) return showSignedOut();
    wentOnAt = Date.now();
    socket.goOn();
  }

  socket.addEventListener("signed-out", () => setTimeout(look, LOOK_AFTER));
  // The session is somebody else's now.
  socket.addEventListener("revoked", showSignedOut);
  document.addEventListener(SIGNED_OUT, () => {
    socket.close();
    document.getElementById("toasts").replaceChildren();
  });
}
