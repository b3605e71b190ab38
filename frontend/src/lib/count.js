/* In how many conversations something waits: asked once for rail and bar, and again when it changes. */
const SOON = 300;
// What is open here is read in a moment: no number comes up for that long.
const READ_BY = 2_500;
// A busy conversation asks no more often than that.
const APART = 2_000;
const SPREAD = 200;
let timer = 0;
let askedAt = 0;

async function show() {
  timer = 0;
  askedAt = Date.now();
  const answer = await fetch(document.body.dataset.countUrl).catch(() => null);
  if (!answer?.ok || answer.redirected) return; // the next change asks again
  const html = (await answer.text()).trim();
  for (const place of document.querySelectorAll("[data-unread-count]")) place.innerHTML = html;
}

function showSoon({ detail }) {
  if (timer || document.hidden) return; // it is asked again once it is seen
  const soon = Math.max(detail?.isInFront ? READ_BY : SOON, askedAt + APART - Date.now());
  timer = setTimeout(show, soon + SPREAD * Math.random());
}

if (document.body.dataset.countUrl && document.querySelector("[data-unread-count]")) show();
document.body.addEventListener("inbox:changed", showSoon);
