/* Presence: active while something is done in a visible page. */
const AWAY_AFTER = 5 * 60_000;

/** Tell over a page's socket whether its person is at it. */
export function tellPresence(socket) {
  let state = "";
  let timer = 0;
  const show = (next = document.hidden ? "away" : "active") => {
    state = next;
    socket.send({ type: "presence", state });
  };
  const stir = () => {
    clearTimeout(timer);
    timer = setTimeout(() => show("away"), AWAY_AFTER);
    if (state === "away" && !document.hidden) show("active");
  };
  for (const type of ["pointerdown", "pointermove", "keydown", "scroll"]) addEventListener(type, stir, { passive: true, capture: true });
  document.addEventListener("visibilitychange", () => show());
  socket.addEventListener("open", () => show());
  stir();
}
