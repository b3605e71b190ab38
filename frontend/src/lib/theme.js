/* The theme button. The choice is a cookie, so that the server renders the next page with it. */
const YEAR_SECONDS = 365 * 24 * 60 * 60;
const GROUND = { "suite-light": "#f5f2ec", "suite-dark": "#14181f" };

function shownTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "suite-dark" : "suite-light";
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const theme = shownTheme() === "suite-dark" ? "suite-light" : "suite-dark";
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.content = GROUND[theme];
});
