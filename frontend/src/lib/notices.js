/*
 * What a page says by itself: a line at the top when something is wrong, and toasts for what
 * needs an answer. Words are text, never HTML.
 */
const reasons = new Map();

function link({ words, href }) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.textContent = words;
  return anchor;
}

function drawConnection() {
  const line = document.getElementById("connection");
  if (!line) return;
  const latest = [...reasons.values()].at(-1);
  line.hidden = !latest;
  line.replaceChildren();
  if (!latest) return;
  const words = document.createElement("span");
  words.textContent = latest.words;
  line.append(words);
  if (latest.link) line.append(link(latest.link));
}

/**
 * Shows the line. Each reason has its own words, the latest reason is shown.
 * `next`, optional, is a link: {words, href}.
 */
export function showConnection(reason, words, next) {
  const known = reasons.get(reason);
  if (known?.words === words) return;
  reasons.set(reason, { words, link: next });
  drawConnection();
}

/** The reason is gone; the line goes with the last of them. */
export function clearConnection(reason) {
  if (reasons.delete(reason)) drawConnection();
}

/**
 * A toast that stays until it is answered. Saying the same words again changes nothing.
 * `answer`, optional, or several: {words, href} or {words, run}. `closed`, optional, is called when
 * somebody closes it unanswered. Returns a function that takes it away.
 */
export function toast(words, answer, closed) {
  const region = document.getElementById("toasts");
  for (const note of region.children) if (note.dataset.words === words) return () => note.remove();
  const note = document.createElement("div");
  note.className = "toast-note";
  note.dataset.words = words;
  const text = document.createElement("p");
  text.dir = "auto";
  text.textContent = words;
  note.append(text);
  for (const one of [answer ?? []].flat()) {
    const control = one.href ? link(one) : document.createElement("button");
    control.className = "btn btn-plain btn-sm";
    control.textContent = one.words;
    control.addEventListener("click", () => {
      note.remove();
      one.run?.();
    });
    note.append(control);
  }
  const close = document.createElement("button");
  close.className = "btn btn-quiet btn-sm";
  close.textContent = "Close";
  close.addEventListener("click", () => {
    note.remove();
    closed?.();
  });
  note.append(close);
  region.append(note);
  return () => note.remove();
}

const LEFT = "notice";

/** Words for the next page of this tab. */
export const leaveNotice = (words) => sessionStorage.setItem(LEFT, words);

const left = sessionStorage.getItem(LEFT);
if (left && document.getElementById("toasts")) {
  sessionStorage.removeItem(LEFT);
  toast(left);
}
