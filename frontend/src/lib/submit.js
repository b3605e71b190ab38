/*
 * A second press while a form is on its way does nothing. The button is not disabled, which
 * would lose the focus and the button's own value; it only says that it is busy.
 */
function markSending(form, button) {
  form.dataset.sending = "";
  button?.classList.add("is-sending");
  button?.setAttribute("aria-disabled", "true");
}

function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll(".is-sending")) {
    button.classList.remove("is-sending");
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("sending" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (form.method === "post" && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) {
    // Afterwards, as another listener may still stop this submit.
    setTimeout(() => event.defaultPrevented || markSending(form, event.submitter));
  }
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (form instanceof HTMLFormElement) markSending(form, event.detail.requestConfig.triggeringEvent?.submitter);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt instanceof HTMLFormElement) release(event.detail.elt);
});

// The back button brings the page as it was left: with the form still on its way.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) release(form);
});
