/* On every page. Pages work without it where they can; each part adds one comfort. */
import "htmx.org";
import "./lib/copy.js";
import "./lib/count.js";
import "./lib/dialogs.js";
import "./lib/focus.js";
import "./lib/menus.js";
import "./lib/palette.js";
import "./lib/password.js";
import "./lib/relative.js";
import "./lib/remind.js";
import "./lib/requests.js";
import "./lib/shortcuts.js";
import "./lib/submit.js";
import "./lib/theme.js";
import "./lib/timezone.js";

// A form that came back begins where something is wrong.
document.querySelector('main [aria-invalid="true"]')?.focus();

// Only a few pages ask for a passkey.
if (document.querySelector("form[data-passkey]")) import("./lib/passkeys.js");

const { me } = document.body.dataset;

const device = document.querySelector("[data-device-notices]");
if (device) import("./lib/device.js").then(({ offerDevice }) => offerDevice(device, me));

// The room and the inbox have a socket of their own; other pages are live once they stand.
function goLive() {
  const run = () => import("./live/page.js").then((page) => page.goLive(me));
  if (window.requestIdleCallback) requestIdleCallback(run, { timeout: 2_000 });
  else setTimeout(run, 200);
}

if (me && !document.querySelector("[data-room], [data-inbox]")) {
  if (document.readyState === "complete") goLive();
  else addEventListener("load", goLive, { once: true });
}
