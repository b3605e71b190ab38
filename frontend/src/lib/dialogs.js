/*
 * Native dialogs: data-open-dialog="<id>" opens, data-close-dialog closes, and a form with
 * data-close-after closes it once its htmx request went well. Escape is the browser's own.
 */
const openers = new WeakMap();

export function openDialog(dialog, opener) {
  // What sits in a menu is gone once the menu closes: the focus goes back to its button.
  const menu = opener?.closest("[data-menu]");
  if (menu) menu.open = false;
  openers.set(dialog, menu ? menu.querySelector("summary") : opener);
  dialog.showModal();
}

/** The control that an open dialog goes back to. */
export const openerOf = (dialog) => openers.get(dialog);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.openDialog);
    // Without scripts a button that submits does so at once, unasked.
    if (dialog) event.preventDefault();
    if (dialog && !dialog.open) openDialog(dialog, opener);
  }
  if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog").close();
});

// `close` does not bubble, so it is caught on its way down.
document.addEventListener("close", (event) => {
  const opener = openers.get(event.target);
  openers.delete(event.target);
  if (opener?.isConnected) opener.focus();
}, true);

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (event.detail.successful && form.matches("[data-close-after]")) form.closest("dialog")?.close();
});
