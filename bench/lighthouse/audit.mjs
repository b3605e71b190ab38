/*
 * node audit.mjs CHROMIUM COOKIE RUNS URL...: Lighthouse's mobile profile of pages behind a
 * sign-in, in turn. One JSON line per page and run. The cookie is the browser's own, as headers
 * that are added to requests would not reach the socket.
 */
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const [chromium, cookie, runs, ...urls] = process.argv.slice(2);
const [name, value] = cookie.split("=");
const FIGURES = {
  first_contentful_paint_ms: "first-contentful-paint",
  largest_contentful_paint_ms: "largest-contentful-paint",
  total_blocking_ms: "total-blocking-time",
  layout_shift: "cumulative-layout-shift",
};

const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
await browser.setCookie({ name, value, domain: new URL(urls[0]).hostname, path: "/" });
for (let run = 0; run < Number(runs); run += 1) {
  for (const url of urls) {
    const page = await browser.newPage();
    const { lhr } = await lighthouse(url, {
      disableStorageReset: true,
      logLevel: "error",
      onlyCategories: ["performance", "accessibility", "best-practices"],
    }, undefined, page);
    const scores = Object.entries(lhr.categories).map(([id, { score }]) => [id.replace("-", "_"), Math.round(score * 100)]);
    const figures = Object.entries(FIGURES).map(([column, audit]) => [column, lhr.audits[audit].numericValue]);
    const failed = Object.values(lhr.audits).filter(({ score }) => score !== null && score < 0.9).map(({ id }) => id);
    console.log(JSON.stringify({ url: lhr.finalDisplayedUrl, ...Object.fromEntries([...scores, ...figures]), failed }));
    await page.close();
  }
}
await browser.close();
