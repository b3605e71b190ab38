/*
 * Notifications of the device: asked for by a button in the settings of messages, never by themselves,
 * and shown only while no page is before the person. Each person of a shared browser says so anew.
 */
const keyOf = (me) => `notifications:${me}`;

/** Whether somebody wants them on this device and the browser lets us. */
export const isAllowed = (me) => globalThis.Notification?.permission === "granted" && localStorage.getItem(keyOf(me)) !== null;

/** Whether words in this page would be lost by leaving it. */
const isWrittenIn = () => [...document.querySelectorAll("main :is(input, textarea)")].some(({ value, defaultValue }) => value !== defaultValue);

/** Show a message; answers what takes it away. */
export function showOnDevice({ conversation, name, title, words, url }) {
  const shown = new Notification(title ? `${name} in ${title}` : name, { body: words, tag: conversation });
  shown.addEventListener("click", () => {
    shown.close();
    if (isWrittenIn()) return open(url);
    focus();
    location.assign(url);
  });
  return () => shown.close();
}

const WORDS = {
  none: "This browser shows no notifications of pages.",
  denied: "Your browser blocks notifications of this site. Allow them in its settings of this site, then reload this page.",
  off: "While no page of Consult Suite is in view, new messages can be shown by your device.",
  on: "While a page of Consult Suite is open and none is in view, your device shows new messages.",
};
const BUTTONS = { off: "Show notifications on this device", on: "Stop on this device" };

function stateFor(me) {
  if (!globalThis.Notification) return "none";
  if (Notification.permission === "denied") return "denied";
  return isAllowed(me) ? "on" : "off";
}

/** Some browsers have them for installed apps alone, and say so only when one is shown. */
function tryOne() {
  try {
    new Notification("Consult Suite", { body: "New messages are shown here.", tag: "tried" });
    return true;
  } catch {
    return false;
  }
}

/** The place in the settings: says how it is, and changes it. */
export function offerDevice(place, me) {
  const words = place.querySelector("[data-device-words]");
  const button = place.querySelector("[data-device-switch]");
  const draw = (state = stateFor(me)) => {
    words.textContent = WORDS[state];
    button.hidden = !(state in BUTTONS);
    button.textContent = BUTTONS[state] ?? "";
  };
  button.addEventListener("click", async () => {
    if (isAllowed(me)) localStorage.removeItem(keyOf(me));
    else if ((await Notification.requestPermission()) === "granted") {
      if (!tryOne()) return draw("none");
      localStorage.setItem(keyOf(me), "");
    }
    draw();
  });
  draw();
  place.hidden = false;
}
