/* The emoji picker (emoji-picker-element): search, skin tones, those used before, the keyboard. */
import { Picker } from "emoji-picker-element";

let present = null;
let choose = () => {};

function toned() {
  const theme = getComputedStyle(document.documentElement).colorScheme;
  present.className = theme.includes("dark") ? "dark" : "light";
}

/** The picker, the same one each time; `chosen` is told the emoji. */
export function picker(source, chosen) {
  choose = chosen;
  if (!present) {
    present = new Picker({ dataSource: source, locale: "en" });
    present.addEventListener("emoji-click", ({ detail }) => choose(detail.unicode));
  }
  toned();
  return present;
}
