/*
 * The session is over: what the page holds of others leaves it at once. The person's own unsent
 * words stay, and wait.
 */
export function hideInbox(page, chat) {
  document.title = "Signed out · Consult Suite";
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const dialog of document.querySelectorAll("dialog:not(#palette)")) dialog.remove();
  document.getElementById("toasts").replaceChildren();
  page.querySelector("[data-inbox-list]").replaceChildren();
  page.querySelector(".pane-details")?.replaceChildren();
  const thread = page.querySelector(".pane-thread");
  delete thread.dataset.conversationName;
  page.querySelector("[data-heading]").textContent = "Signed out";
  thread.querySelector(".thread-head")?.replaceChildren("Signed out");
  chat?.close("Waiting until you sign in.");
  if (document.activeElement === document.body) document.getElementById("main").focus();
}
