/* A page without a script of its own is live all the same, after everything that it shows. */
import { SIGNED_OUT, showSignedOut } from "../lib/requests.js";
import { flush } from "./flush.js";
import { joinIn } from "./person.js";
import { Socket } from "./socket.js";

// Whoever signs out here is led away before; then nothing needs to be said.
const SIGNED_OUT_SHOWN_AFTER = 1_500;

export function goLive(me) {
  const socket = new Socket();
  joinIn(socket, me);
  flush(socket, me);
  socket.addEventListener("signed-out", () => setTimeout(showSignedOut, SIGNED_OUT_SHOWN_AFTER));
  document.addEventListener(SIGNED_OUT, () => {
    socket.close();
    document.getElementById("toasts").replaceChildren();
  });
}
