/* Files that are dropped onto the conversation or pasted into it. */
const carriesFiles = (event) => Boolean(event.dataTransfer?.types.includes("Files"));

/** Texts of office programs come with a picture of themselves: those are pasted as text. */
const isText = ({ types }) => types.includes("text/plain") && types.includes("text/html");

/** `[files, number of folders]`: a browser sends no folders. */
function sorted({ items, files }) {
  const folders = new Set();
  [...items].filter(({ kind }) => kind === "file").forEach((item, index) => {
    if (item.webkitGetAsEntry?.()?.isDirectory) folders.add(index);
  });
  return [[...files].filter((_, index) => !folders.has(index)), folders.size];
}

/**
 * Call `take(files, folders)` for what is dropped onto `element` or pasted in it. `mayTake()` says
 * whether files are wanted just now; `hint` is shown while some are over it.
 */
export function takeDropped(element, hint, { mayTake, take }, signal) {
  const over = (event) => element.contains(event.target);
  // Dropped beside it, too, no file may open in place of the page.
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const isWanted = over(event) && mayTake();
    hint.hidden = !isWanted;
    event.dataTransfer.dropEffect = isWanted ? "copy" : "none";
  }, { signal });
  document.addEventListener("dragleave", (event) => {
    if (!element.contains(event.relatedTarget)) hint.hidden = true;
  }, { signal });
  document.addEventListener("drop", (event) => {
    hint.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (over(event)) take(...sorted(event.dataTransfer));
  }, { signal });
  element.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length || isText(event.clipboardData)) return;
    event.preventDefault();
    take(...sorted(event.clipboardData));
  }, { signal });
}
