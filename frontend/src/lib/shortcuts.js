/*
 * Shortcuts of plain keys. An element with data-shortcut="g h" answers to g, then h: a field gets
 * the focus, everything else is pressed; data-shortcut-words says what it does in the list under
 * "?". Keys typed into a field are never taken, and they can be switched off (WCAG 2.1.4), as
 * speech input types words.
 */
import { openDialog } from "./dialogs.js";

const NEXT_KEY_WITHIN = 1_200;
const OFF = "single-keys-off";
const list = document.getElementById("shortcuts");
const isOff = () => localStorage.getItem(OFF) !== null;

const isTyping = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const bound = () => [...document.querySelectorAll("[data-shortcut]")];

function show(opener) {
  const rows = new Map(bound().map((element) => [element.dataset.shortcut, element.dataset.shortcutWords]));
  list.querySelector("[data-shortcut-list]").replaceChildren(...[...rows].map(([keys, words]) => {
    const row = document.createElement("div");
    const term = row.appendChild(document.createElement("dt"));
    const value = row.appendChild(document.createElement("dd"));
    term.textContent = words;
    keys.split(" ").forEach((key, place) => {
      if (place) value.append(" then ");
      const kbd = value.appendChild(document.createElement("kbd"));
      kbd.className = "kbd-key";
      kbd.textContent = key;
    });
    return row;
  }));
  list.querySelector("[data-single-keys]").checked = !isOff();
  openDialog(list, opener);
}

function run(element) {
  const isField = element.matches("textarea, input, select");
  // On a phone the field may be on a pane that is not shown.
  if (isField && !element.checkVisibility()) document.querySelector(element.dataset.shortcutShows)?.click();
  if (isField) element.focus();
  else element.click();
}

let typed = "";
let timer = 0;
function forget() {
  clearTimeout(timer);
  typed = "";
}

function press(event) {
  if (event.key === "?") {
    event.preventDefault();
    forget();
    show(document.activeElement);
    return;
  }
  const keys = `${typed} ${event.key}`.trim();
  const exact = bound().find((element) => element.dataset.shortcut === keys && !element.disabled);
  const begins = bound().some((element) => element.dataset.shortcut.startsWith(`${keys} `));
  forget();
  if (exact) {
    event.preventDefault();
    run(exact);
  } else if (begins) {
    typed = keys;
    timer = setTimeout(forget, NEXT_KEY_WITHIN);
  }
}

if (list) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length !== 1 || isTyping(event.target) || document.querySelector("dialog[open]") || isOff()) return;
    press(event);
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-shortcuts]");
    if (opener) show(opener);
  });

  list.querySelector("[data-single-keys]").addEventListener("change", (event) => {
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "");
  });
}
for (const button of document.querySelectorAll("[data-open-shortcuts]")) button.hidden = false;
