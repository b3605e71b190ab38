/* The button in a password field that shows what was typed. */
for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});

// Browsers remember what was typed into a text field, but not into a password field.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll('[data-reveal][aria-pressed="true"]')) button.click();
}, true);
