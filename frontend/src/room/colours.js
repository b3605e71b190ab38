/* Messages are the same for every reader and room, so their faces have the author's own colour. In
   a room the people's panel says which of them have another one there. */
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

function paint() {
  const colours = JSON.parse(document.getElementById("people-panel").dataset.colours);
  const rules = Object.entries(colours).map(
    ([person, colour]) => `[data-author="${person}"] .face { --person: var(--person-${colour}) }`,
  );
  sheet.replaceSync(rules.join("\n"));
}

paint();
document.addEventListener("htmx:afterSettle", ({ target }) => target.id === "people-panel" && paint());
