/* The details beside a conversation: shown and hidden at a wide window, a page of its own at a narrow one. */
const page = document.querySelector("[data-inbox]");
const WIDE = "(width >= 80rem)";
const KEY = "inbox:details";

function show(isOpen) {
  page.dataset.details = isOpen ? "open" : "closed";
  const toggle = page.querySelector("[data-toggle-details]");
  if (matchMedia(WIDE).matches) toggle?.setAttribute("aria-expanded", String(isOpen));
  else toggle?.removeAttribute("aria-expanded");
}

show(localStorage.getItem(KEY) !== "closed");

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle-details]");
  if (!toggle || !matchMedia(WIDE).matches) return;
  event.preventDefault();
  const isOpen = page.dataset.details !== "closed";
  localStorage.setItem(KEY, isOpen ? "closed" : "open");
  show(!isOpen);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});
