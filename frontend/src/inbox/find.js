/* The list answers while one types whom or what one looks for; without this, Enter sends the form. */
const AFTER = 300;

/** `refresh` draws the list that the address names. */
export function findAsTyped(page, refresh) {
  const field = page.querySelector("#inbox-search");
  const status = page.querySelector("[data-inbox-found]");
  let timer = 0;

  async function find() {
    const address = new URL(location.href);
    address.searchParams.delete("page");
    if (field.value.trim()) address.searchParams.set("q", field.value.trim());
    else address.searchParams.delete("q");
    if (address.href === location.href) return;
    history.replaceState(history.state, "", address);
    await refresh();
    const found = page.querySelectorAll("[data-inbox-list] [data-row]").length;
    status.textContent = found === 1 ? "1 conversation" : `${found} conversations`;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, AFTER);
  });
}
