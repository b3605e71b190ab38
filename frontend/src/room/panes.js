/* Tabs of the stage, panes on the phone, and the width of the chat. */
const panes = document.querySelector("[data-panes]");
const paneKey = `pane:${document.querySelector("[data-room]").dataset.room}`;

/** Show one pane on a phone. */
function go(name) {
  panes.dataset.pane = name;
  sessionStorage.setItem(paneKey, name);
  for (const entry of document.querySelectorAll("[data-go]")) {
    if (entry.dataset.go === name) entry.setAttribute("aria-current", "true");
    else entry.removeAttribute("aria-current");
  }
  if (name === "chat") dispatchEvent(new Event("focus"));
}

function select(tab, { focus } = {}) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", String(isChosen));
    other.tabIndex = isChosen ? 0 : -1;
  }
  document.getElementById(tab.getAttribute("aria-controls")).setAttribute("aria-labelledby", tab.id);
  if (focus) {
    tab.focus();
    tab.click();
  }
}

document.addEventListener("click", (event) => {
  const entry = event.target.closest("[data-go]");
  if (entry) go(entry.dataset.go);
  const tab = event.target.closest("[role=tab]");
  if (tab) select(tab);
  const opener = event.target.closest("[data-tab]");
  if (opener) {
    go("stage");
    document.getElementById(`tab-${opener.dataset.tab}`).click();
    document.addEventListener("htmx:afterSettle", () => document.querySelector(opener.dataset.focus)?.focus(), { once: true });
  }
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  if (!tab || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const forward = (event.key === "ArrowRight") === (getComputedStyle(tab).direction === "ltr");
  const step = event.key === "Home" ? -tabs.indexOf(tab) : event.key === "End" ? -1 - tabs.indexOf(tab) : forward ? 1 : -1;
  select(tabs.at((tabs.indexOf(tab) + step) % tabs.length), { focus: true });
});

// A reload (also the one when the consultation ends) leaves one where one was.
const lastPane = sessionStorage.getItem(paneKey);
if (lastPane && !("paneFixed" in panes.dataset)) go(lastPane);

// After an agenda item was added the next one can be typed at once.
document.addEventListener("htmx:afterRequest", (event) => {
  const { refocus } = event.detail.elt.dataset ?? {};
  if (refocus) document.addEventListener("htmx:afterSettle", () => document.querySelector(refocus)?.focus(), { once: true });
});

/* The splitter, by pointer and by arrow keys; the width is remembered on this device. */
const splitter = document.querySelector("[data-splitter]");
const chat = document.getElementById("pane-chat");
const [narrowest, widest] = [Number(splitter.ariaValueMin), Number(splitter.ariaValueMax)];

function setWidth(pixels) {
  const width = Math.round(Math.min(widest, Math.max(narrowest, pixels)));
  chat.style.setProperty("--chat-width", `${width}px`);
  splitter.setAttribute("aria-valuenow", String(width));
  localStorage.setItem("chat-width", String(width));
}

const kept = Number(localStorage.getItem("chat-width"));
if (kept) setWidth(kept);

splitter.addEventListener("pointerdown", (event) => {
  splitter.setPointerCapture(event.pointerId);
  const side = getComputedStyle(chat).direction === "rtl" ? 1 : -1;
  const begin = { x: event.clientX, width: chat.offsetWidth };
  const move = ({ clientX }) => setWidth(begin.width + (clientX - begin.x) * side);
  splitter.addEventListener("pointermove", move);
  splitter.addEventListener("lostpointercapture", () => splitter.removeEventListener("pointermove", move), { once: true });
});
splitter.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: 16, ArrowRight: -16 };
  const ends = { Home: narrowest, End: widest };
  if (!(event.key in steps) && !(event.key in ends)) return;
  event.preventDefault();
  setWidth(ends[event.key] ?? chat.offsetWidth + steps[event.key] * (getComputedStyle(chat).direction === "rtl" ? -1 : 1));
});
