/* data-copy="<id>" copies the words of an element, and says so for a moment. */
const SHOWN = 3_000;

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const words = button.querySelector("[data-copy-words]");
    const before = words.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      words.textContent = "Copied";
    } catch {
      words.textContent = "Select it and copy it yourself";
    }
    setTimeout(() => (words.textContent = before), SHOWN);
  });
}
