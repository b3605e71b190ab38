/* The line on top that says when something is wrong with the connection, and only then. */
import { clearConnection, showConnection } from "../lib/notices.js";
import { SIGNED_OUT, showSignedOut } from "../lib/requests.js";

// A line that comes back at once is not worth a word.
const LOST_SHOWN_AFTER = 1_500;

/** Watch a page's socket; `signedOut` is called once, when the session is over. */
export function showLine(socket, outbox, signedOut) {
  let timer = 0;
  let isSignedOut = false;
  const say = async () => {
    if (isSignedOut) return;
    const waiting = (await outbox.items()).filter((item) => !item.error).length;
    const promise = waiting ? ` ${waiting} message${waiting > 1 ? "s" : ""} will be sent when you are back.` : "";
    showConnection("socket", `Reconnecting.${promise}`);
  };
  socket.addEventListener("lost", () => {
    clearTimeout(timer);
    timer = setTimeout(say, LOST_SHOWN_AFTER);
  });
  outbox.addEventListener("added", () => socket.isOpen || say());
  socket.addEventListener("open", () => {
    clearTimeout(timer);
    clearConnection("socket");
  });
  socket.addEventListener("signed-out", showSignedOut);
  document.addEventListener(SIGNED_OUT, () => {
    if (isSignedOut) return;
    isSignedOut = true;
    clearTimeout(timer);
    clearConnection("socket");
    socket.close();
    signedOut();
  });
}
