/*
 * What htmx swaps away takes the focus with it. It goes to the same control in the new content,
 * else to the one in its place, else to the new content itself: never to the top of the page.
 */
const FOCUSABLE = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]';
const focusable = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((one) => !one.disabled && one.checkVisibility());

/** What tells a control from its neighbours, whatever is drawn around it. */
const mark = (control) => [control.tagName, control.name, control.value, control.getAttribute("aria-label"), control.textContent.trim(),
  control.getAttribute("hx-post"), control.form?.getAttribute("action")].join("\n");

let lost = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { activeElement } = document;
  if (!detail.shouldSwap || !detail.target.contains(activeElement) || activeElement.closest("dialog")) return;
  lost = {
    id: activeElement.id,
    target: detail.target,
    parent: detail.target.parentElement,
    mark: mark(activeElement),
    place: focusable(detail.target).indexOf(activeElement),
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
  const next = (id && document.getElementById(id)) || controls.find((control) => mark(control) === wanted) || controls[Math.min(place, controls.length - 1)];
  if (next) return next.focus({ preventScroll: true });
  root.tabIndex = -1;
  root.focus({ preventScroll: true });
});
