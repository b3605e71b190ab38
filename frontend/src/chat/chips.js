/* How the files to send are shown over the text: name, size, how far each is, and ways to go on. */
const SHOWN = new Set(["image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"]);
const UNITS = ["KB", "MB", "GB"];

/** As the server says it: "8 bytes", "1.2 MB". */
export function sizeWords(bytes) {
  if (bytes < 1024) return `${bytes} byte${bytes === 1 ? "" : "s"}`;
  let [size, unit] = [bytes / 1024, 0];
  for (; size >= 1024 && unit < UNITS.length - 1; unit += 1) size /= 1024;
  return `${size.toFixed(1)} ${UNITS[unit]}`;
}

export class Chips {
  #rows = new Map();

  /**
   * `again(upload)` and `remove(upload)` are what the buttons of a chip do; `leave()` takes the focus
   * when a button goes.
   */
  constructor(chat, { again, remove, leave }) {
    this.element = chat.querySelector("[data-composer-files]");
    this.template = chat.querySelector("[data-file-template]");
    this.again = again;
    this.remove = remove;
    this.leave = leave;
  }

  add(upload) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const part = (name) => row.querySelector(`[data-file-${name}]`);
    const name = part("name");
    name.textContent = upload.name;
    name.title = upload.name;
    part("progress").ariaLabel = `Uploading ${upload.name}`;
    part("again").addEventListener("click", () => this.again(upload));
    part("remove").addEventListener("click", () => this.remove(upload));
    part("again").querySelector("[data-file-of]").textContent = ` to upload ${upload.name}`;
    part("remove").ariaLabel = `Remove ${upload.name}`;
    this.#rows.set(upload, row);
    this.#picture(upload.file, row);
    this.element.append(row);
    this.element.hidden = false;
    this.draw(upload);
  }

  draw(upload) {
    const row = this.#rows.get(upload);
    if (!row) return;
    const part = (name) => row.querySelector(`[data-file-${name}]`);
    const { state } = upload;
    const isOnItsWay = state === "waiting" || state === "running";
    row.classList.toggle("is-failed", state === "failed");
    part("state").textContent = state === "failed" ? upload.error : sizeWords(upload.size);
    part("progress").hidden = !isOnItsWay;
    part("progress").value = upload.share;
    part("done").hidden = state !== "done";
    const hadFocus = document.activeElement === part("again");
    part("again").hidden = state !== "failed" || !upload.mayRetry;
    // Not to the button beside it: whoever presses twice would take the file away.
    if (hadFocus && part("again").hidden) this.leave();
  }

  /** So many may stand here that they scroll. */
  reveal(upload) {
    this.#rows.get(upload).scrollIntoView({ block: "nearest" });
  }

  /** Take it away; the focus goes on to the next one. Answers whether there is one left. */
  drop(upload) {
    const row = this.#rows.get(upload);
    const hadFocus = row.contains(document.activeElement);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    this.#rows.delete(upload);
    const image = row.querySelector("img");
    if (image) URL.revokeObjectURL(image.src);
    row.remove();
    this.element.hidden = !next;
    if (hadFocus) next?.querySelector("[data-file-remove]").focus();
    return Boolean(next);
  }

  /** In place of the icon, where the browser can show what the file says that it is. */
  #picture(file, row) {
    if (!SHOWN.has(file.type)) return;
    const image = new Image(32, 32);
    image.alt = "";
    const url = URL.createObjectURL(file);
    image.addEventListener("error", () => {
      URL.revokeObjectURL(url);
      image.remove();
    }, { once: true });
    image.src = url;
    row.querySelector("[data-file-face]").append(image);
  }
}
