/* How a message begins where it is quoted: its words, else its files (messaging/models/carried.py). */
const SHORT = 90;

function ofFiles(names) {
  if (!names.length) return "";
  return names.length === 1 ? `File: ${names[0]}` : `${names.length} files: ${names.join(", ")}`;
}

/** Of one as the server describes it. */
export const gist = ({ body, attachments = [] }) => body || ofFiles(attachments.map(({ name }) => name));

/** Of one in the list, with who says it. */
export function quoted(item) {
  const words = item.querySelector(".message-body")?.textContent.trim();
  const names = [...item.querySelectorAll(".message-file-name")].map((name) => name.textContent);
  return `${item.dataset.authorName}: ${(words || ofFiles(names)).slice(0, SHORT)}`;
}
