/* The list by keyboard: arrows, Home and End go from conversation to conversation. */
const list = document.querySelector("[data-inbox-list]");

list.addEventListener("keydown", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  const rows = [...list.querySelectorAll("[data-row]")];
  const present = rows.indexOf(row);
  const targets = { ArrowUp: rows[present - 1], ArrowDown: rows[present + 1], Home: rows[0], End: rows.at(-1) };
  if (!(event.key in targets)) return;
  event.preventDefault();
  targets[event.key]?.focus();
});
