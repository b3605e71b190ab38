/*
 * What htmx swaps away takes the focus with it. It goes to the same control in the new content,
 * else to the one in its place, else to the new content itself: never to the top of the page.
 */
import { openerOf } from "./dialogs.js";

const FOCUSABLE = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]';
const focusable = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((one) => !one.disabled && one.checkVisibility());

/** What tells a control from its neighbours, whatever is drawn around it. */
const mark = (control) => [control.tagName, control.name, control.value, control.getAttribute("aria-label"), control.textContent.trim(),
  control.getAttribute("hx-post"), control.form?.getAttribute("action")].join("\n");

let lost = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // A question that was answered goes back to the control that asked it.
  const dialog = document.activeElement.closest("dialog");
  const control = dialog && !dialog.contains(detail.target) ? openerOf(dialog) : document.activeElement;
  if (!detail.shouldSwap || !control || !detail.target.contains(control)) return;
  lost = {
    id: control.id,
    target: detail.target,
    parent: detail.target.parentElement,
    mark: mark(control),
    place: focusable(detail.target).indexOf(control),
  };
});

document.addEventListener("htmx:afterSettle", () => {
  if (!lost) return;
  const { id, target, parent, mark: wanted, place } = lost;
  lost = null;
  if (document.activeElement && document.activeElement !== document.body) return;
  const root = target.isConnected ? target : ((target.id && document.getElementById(target.id)) || parent);
  if (!root?.isConnected) return;
  const controls = focusable(root);
  const inPlace = controls[Math.min(place, controls.length - 1)];
  const next =
    (id && document.getElementById(id)) ||
    controls.find((control) => mark(control) === wanted) ||
    (inPlace?.form && controls.find((control) => control.form === inPlace.form)) ||
    inPlace;
  if (next) return next.focus({ preventScroll: true });
  root.tabIndex = -1;
  root.focus({ preventScroll: true });
});

/* A form marked data-focus-after loads the page anew: the focus goes to the next such form, in its
   place, else to the heading. */
const AFTER = "focus-after";
const rows = () => [...document.querySelectorAll("form[data-focus-after]")];

document.addEventListener("submit", ({ target }) => {
  const place = rows().indexOf(target);
  if (place >= 0) sessionStorage.setItem(AFTER, JSON.stringify({ path: location.pathname, place }));
});

const kept = JSON.parse(sessionStorage.getItem(AFTER) ?? "null");
sessionStorage.removeItem(AFTER);
if (kept?.path === location.pathname) {
  const next = rows()[Math.min(kept.place, rows().length - 1)]?.querySelector("button") ?? document.querySelector("h1");
  if (next.matches("h1")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
}
