/*
 * The command palette: Ctrl-K or Cmd-K opens it anywhere, the server answers what was typed.
 * The focus stays in the field (a combobox); the arrows choose, Enter goes.
 */
import { openDialog } from "./dialogs.js";

const palette = document.getElementById("palette");
const field = document.getElementById("palette-field");
const entries = document.getElementById("palette-entries");
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

const options = () => [...entries.querySelectorAll("[role=option]")];
const chosen = () => entries.querySelector('[aria-selected="true"]');

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

export function openPalette(opener) {
  if (!palette || palette.open) return;
  field.value = "";
  openDialog(palette, opener);
  field.focus();
  field.dispatchEvent(new Event("palette:open"));
}

if (palette) {
  if (isMac) for (const key of document.querySelectorAll("[data-palette-key]")) key.textContent = "⌘ K";

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-palette]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPalette(opener);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (palette.open) palette.close();
    else if (!document.querySelector("dialog[open]")) openPalette(document.activeElement);
  });

  field.addEventListener("keydown", (event) => {
    const all = options();
    const present = all.indexOf(chosen());
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && all.length) {
      event.preventDefault();
      choose(all.at((present + steps[event.key]) % all.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      chosen()?.click();
    }
  });

  // What is typed on is not what the entries answer to yet: Enter waits for the answer.
  field.addEventListener("input", () => choose(null));

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== entries) return;
    const all = options();
    choose(all[0] ?? null);
    palette.querySelector("[data-palette-status]").textContent =
      all.length === 1 ? "1 place" : all.length ? `${all.length} places` : "Nothing found";
  });

  entries.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });
}
