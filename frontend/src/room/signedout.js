/*
 * The session is over, perhaps ended from elsewhere because nobody knew this browser: what the
 * room holds leaves the page at once. The person's own unsent words stay, and wait.
 */
const KEPT = "[data-panes], template, script";
const DIALOGS = "#history, #delete, #complete, #cancel, #leave";

export function hideRoom(page, chat) {
  const panes = page.querySelector("[data-panes]");
  document.title = "Signed out · Consult Suite";
  delete page.dataset.name;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const dialog of document.querySelectorAll(DIALOGS)) dialog.remove();
  document.querySelector(".bottom-bar").remove();
  document.getElementById("toasts").replaceChildren();
  for (const part of [...page.children]) if (!part.matches(KEPT)) part.remove();
  page.prepend(page.querySelector("[data-signed-out]").content.cloneNode(true));
  chat.close("Waiting until you sign in.");
  panes.querySelector("[data-splitter]").remove();
  // Empty ones keep the chat where it was.
  for (const pane of panes.querySelectorAll(":scope > :not(#pane-chat)")) {
    pane.replaceChildren();
    pane.ariaHidden = "true";
  }
  panes.dataset.pane = "chat";
  if (document.activeElement === document.body) document.getElementById("main").focus();
}
