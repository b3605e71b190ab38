/* Form posts of the chat. A failure becomes an Error whose message can be shown. */
import { showSignedOut } from "../lib/requests.js";

/** What forms are let in by. */
export const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export async function post(url, values) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(values),
      // Named like htmx's, so that a refusal comes as a problem document.
      headers: { "X-CSRFToken": token(), "HX-Request": "true" },
    });
  } catch {
    throw new Error("No connection. Try again in a moment.");
  }
  if (answer.redirected || answer.status === 401) {
    showSignedOut();
    throw new Error("You are signed out. Sign in again; what you typed is still here.");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || "That did not work. Reload the page and try again.");
}

/** Ask the API; answers the status (0 without a connection) and what came with it. */
export async function ask(method, url, content, options = {}) {
  try {
    const answer = await fetch(url, {
      method,
      body: content && JSON.stringify(content),
      headers: { "X-CSRFToken": token(), ...(content && { "Content-Type": "application/json" }) },
      ...options,
    });
    return { status: answer.status, data: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, data: null };
  }
}
