/* The stage's list of people is shown anew when it changes, but not under somebody's hands: an
   open question, a chosen field or a typed address waits to be done with. A change that comes
   while the list is loaded is loaded after it. */
let isStale = false;
let isLoading = false;

const stage = () => document.querySelector("[data-stage=people]");

function isBusy() {
  const shown = stage();
  return Boolean(
    shown?.querySelector("dialog[open]") ||
      (shown && document.activeElement?.closest("[data-stage=people] form")) ||
      shown?.querySelector("input[type=email]")?.value,
  );
}

function refresh() {
  isStale = isLoading || isBusy();
  if (isStale) return;
  isLoading = Boolean(stage());
  document.body.dispatchEvent(new CustomEvent("people:settled"));
}

document.body.addEventListener("people:changed", refresh);
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.requestConfig.elt.matches("[data-stage=people]")) isLoading = false;
  if (isStale) setTimeout(refresh);
});
// A form that is answered and replaced says neither that it lost the focus nor that it closed.
for (const type of ["focusout", "close", "htmx:afterSettle"]) {
  addEventListener(type, () => isStale && setTimeout(refresh), { capture: true });
}
