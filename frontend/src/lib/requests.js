/* An htmx request that fails says what happened and what to do; the page keeps what was typed. */
import { clearConnection, showConnection, toast } from "./notices.js";

const WORDS = {
  403: "You are not allowed to do that here. Reload the page to see what has changed.",
  404: "That is no longer here. Reload the page to see what has changed.",
  413: "That is too large to send. Shorten it and try again.",
};
const RELOAD = { words: "Reload", run: () => location.reload() };

/** Told to the document when the session has ended. */
export const SIGNED_OUT = "signed-out";

/** The connection line's words for a session that has ended. */
export function showSignedOut() {
  const here = encodeURIComponent(location.pathname + location.search);
  showConnection("signed-out", "You are signed out. What you typed is still here.", {
    words: "Sign in again",
    href: `${document.body.dataset.signIn}?next=${here}`,
  });
  document.dispatchEvent(new CustomEvent(SIGNED_OUT));
}

/** `detail` of a problem document (RFC 9457), if the answer is one. */
function detailOf(request) {
  if (!/json/.test(request.getResponseHeader("Content-Type") ?? "")) return "";
  try {
    return JSON.parse(request.responseText).detail ?? "";
  } catch {
    return "";
  }
}

function say(request) {
  const { status } = request;
  if (status === 401) return showSignedOut();
  const detail = detailOf(request);
  if (status === 429) {
    const seconds = Number(request.getResponseHeader("Retry-After"));
    return toast(detail || `That was too often. Try again ${seconds > 0 ? `in ${seconds} s` : "in a minute"}.`);
  }
  if (status >= 500) return toast("That did not work, and the fault is ours. Try again in a moment.", RELOAD);
  return toast(detail || WORDS[status] || "That did not work. Reload the page and try again.", RELOAD);
}

document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr));

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => showConnection("request", "No connection. What you typed is still here; try again in a moment."));
}
document.addEventListener("htmx:afterOnLoad", () => clearConnection("request"));
addEventListener("online", () => clearConnection("request"));

// A view that sends people to sign in answers a fragment's request with the whole sign-in page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { signIn } = document.body.dataset;
  const { responseURL } = event.detail.xhr;
  if (!signIn || !responseURL || location.pathname === signIn) return;
  if (new URL(responseURL).pathname !== signIn) return;
  event.detail.shouldSwap = false;
  showSignedOut();
});
