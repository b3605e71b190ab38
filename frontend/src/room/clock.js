/* What moves by itself: the room's clock, the time left, the ruler, the current agenda item. */
const pad = (number) => String(number).padStart(2, "0");

function elapsedWords(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("[data-elapsed]")) {
    write(time, elapsedWords(now - Date.parse(time.dataset.elapsed)));
  }
  for (const words of document.querySelectorAll("[data-left]")) {
    const minutes = Math.floor((Date.parse(words.dataset.left) - now) / 60_000);
    write(words, minutes >= 0 ? `${minutes} min left` : `over by ${-minutes} min`);
  }
  for (const words of document.querySelectorAll("[data-item-since]")) {
    const minutes = Math.floor((now - Date.parse(words.dataset.itemSince)) / 60_000);
    write(words, `${minutes} of ${words.dataset.itemMinutes} min`);
  }
  for (const segment of document.querySelectorAll("[data-ruler-now]")) moveRuler(segment, now);
}

function moveRuler(segment, now) {
  const minutes = (now - Date.parse(segment.dataset.since)) / 60_000;
  const width = Math.min(Number(segment.dataset.width), minutes).toFixed(2);
  if (segment.getAttribute("width") !== width) segment.setAttribute("width", width);
  // By the clock the next item begins by itself; by hand somebody says so.
  if ("followsClock" in segment.dataset && minutes >= Number(segment.dataset.minutes)) {
    delete segment.dataset.followsClock;
    document.body.dispatchEvent(new CustomEvent("room:changed"));
  }
}

setInterval(tick, 1_000);
tick();
