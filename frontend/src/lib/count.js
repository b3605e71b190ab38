/* In how many conversations something waits: asked once for rail and bar, and again when it changes. */
const SOON = 300;
let timer = 0;

async function show() {
  timer = 0;
  const answer = await fetch(document.body.dataset.countUrl).catch(() => null);
  if (!answer?.ok || answer.redirected) return; // the next change asks again
  const html = (await answer.text()).trim();
  for (const place of document.querySelectorAll("[data-unread-count]")) place.innerHTML = html;
}

function showSoon() {
  timer ||= setTimeout(show, SOON);
}

if (document.body.dataset.countUrl && document.querySelector("[data-unread-count]")) show();
document.body.addEventListener("inbox:changed", showSoon);
