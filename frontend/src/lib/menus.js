/* Menus are <details data-menu>: this adds Escape, arrow keys, and closing from elsewhere. */
const openMenus = () => document.querySelectorAll("[data-menu][open]");

function close(menu, { refocus }) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  const inside = event.target.closest("[data-menu]");
  const item = event.target.closest(".menu-item");
  for (const menu of openMenus()) {
    if (menu !== inside) close(menu, { refocus: false });
    else if (item && !item.closest("[data-keep-open]")) close(menu, { refocus: menu.contains(document.activeElement) });
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu, { refocus: false });
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    event.preventDefault();
    close(menu, { refocus: true });
  }
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  if (!(event.key in steps)) return;
  event.preventDefault();
  menu.open = true;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter((item) => item.offsetParent);
  if (!items.length) return;
  const last = items.length - 1;
  const present = items.indexOf(document.activeElement);
  const step = steps[event.key];
  // From the button, down enters at the first entry and up at the last.
  const wanted = present < 0 ? (step > 0 ? 0 : last) : present + step;
  const target = Number.isFinite(step) ? (wanted + items.length) % items.length : step > 0 ? last : 0;
  items[target].focus();
});
