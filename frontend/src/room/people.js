/* The stage's list of people is shown anew when it changes, but not under somebody's hands: an
   open question, a chosen field or a typed address waits to be done with. A change that comes
   while the list is loaded is loaded after it. */
let isStale = false;
let isLoading = false;

const stage = () => document.querySelector("[data-stage=people]");

function isBusy() {
  const shown = stage();
  return Boolean(
    document.querySelector("#pane-main.htmx-settling") ||
      shown?.querySelector("dialog[open]") ||
      document.activeElement?.matches("[data-stage=people] :is(input, select)") ||
      shown?.querySelector("input[type=email]")?.value,
  );
}

function refresh() {
  isStale = isLoading || isBusy();
  if (!isStale) document.body.dispatchEvent(new CustomEvent("people:settled"));
}

const isOfList = ({ detail }) => (detail.requestConfig?.elt ?? detail.elt).matches("[data-stage=people]");

document.body.addEventListener("people:changed", refresh);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isOfList(event)) isLoading = true;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // Somebody may have begun while it was loaded.
  if (!isOfList(event) || !isBusy()) return;
  isStale = true;
  event.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (isOfList(event)) isLoading = false;
});
// A form that is answered and replaced says neither that it lost the focus nor that it closed.
for (const type of ["focusout", "close", "htmx:afterSettle"]) {
  addEventListener(type, () => isStale && setTimeout(refresh), { capture: true });
}
