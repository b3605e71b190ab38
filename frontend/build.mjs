/*
 * Makes static/build/ from frontend/ and templates/:
 *
 *   app.css      Tailwind and daisyUI, from frontend/styles/app.css
 *   fonts/       the font files that the styles name
 *   icons.svg    one sprite of the Lucide icons listed in frontend/icons.txt
 *   *.js         one ES module per file in frontend/src/, shared code in chunks/
 *   emoji.json   what the emoji picker shows, in English
 *
 * Django's ManifestStaticFilesStorage adds the content hashes afterwards, so
 * styles and modules refer to their neighbours by relative addresses only.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import esbuild from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const frontend = path.join(root, "frontend");
const modules = path.join(root, "node_modules");
const target = path.join(root, "static", "build");
// Built beside the old one and swapped in whole: a page that loads in between,
// or a build that fails, never meets half of it.
const draft = path.join(root, "static", "build.new");

async function buildStyles() {
  const require = createRequire(import.meta.url);
  const cli = path.join(path.dirname(require.resolve("@tailwindcss/cli/package.json")), "dist", "index.mjs");
  const entry = path.join(frontend, "styles", "app.css");
  await promisify(execFile)(
    process.execPath,
    [cli, "--input", entry, "--output", path.join(draft, "app.css"), "--minify"],
    { cwd: root, env: { ...process.env, NODE_ENV: "production" } },
  );
}

async function copyFonts() {
  const styles = path.join(frontend, "styles");
  const sheets = (await readdir(styles)).filter((name) => name.endsWith(".css"));
  const text = (await Promise.all(sheets.map((name) => readFile(path.join(styles, name), "utf8")))).join("\n");
  const wanted = new Set([...text.matchAll(/url\("fonts\/([^"]+)"\)/g)].map((match) => match[1]));
  const families = path.join(modules, "@fontsource-variable");
  const sources = new Map();
  for (const family of await readdir(families)) {
    const folder = path.join(families, family, "files");
    for (const file of await readdir(folder)) sources.set(file, path.join(folder, file));
  }
  await mkdir(path.join(draft, "fonts"), { recursive: true });
  for (const file of wanted) {
    if (!sources.has(file)) throw new Error(`The styles name the font ${file}, but no @fontsource-variable package has it.`);
    await copyFile(sources.get(file), path.join(draft, "fonts", file));
  }
}

async function buildIcons() {
  const list = await readFile(path.join(frontend, "icons.txt"), "utf8");
  const names = list.split("\n").map((line) => line.split("#")[0].trim()).filter(Boolean);
  const symbols = await Promise.all([...new Set(names)].sort().map(async (name) => {
    const file = path.join(modules, "lucide-static", "icons", `${name}.svg`);
    const svg = await readFile(file, "utf8").catch(() => {
      throw new Error(`frontend/icons.txt lists "${name}", which is not an icon of lucide-static.`);
    });
    // Stroke and size come from the class .icon on the <svg> that uses the symbol.
    const shapes = svg.replace(/<!--[\s\S]*?-->/g, "").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, "")}</symbol>`;
  }));
  await writeFile(
    path.join(draft, "icons.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
  );
}

/*
 * The emoji picker writes a <style> and style attributes into its shadow tree, which the content
 * security policy refuses. The same goes through the style sheet's and the element's own interfaces,
 * which it allows. A version of the picker that is written otherwise fails the build.
 */
const pickerUnderPolicy = {
  name: "picker-under-policy",
  setup(build) {
    build.onLoad({ filter: /emoji-picker-element[\\/]picker\.js$/ }, async ({ path: file }) => {
      let contents = await readFile(file, "utf8");
      const change = (before, after) => {
        const parts = contents.split(before);
        if (parts.length !== 2) throw new Error(`emoji-picker-element has changed: ${before} is there ${parts.length - 1} times.`);
        contents = parts.join(after);
      };
      change("const style = document.createElement('style');", "const style = new CSSStyleSheet();");
      change("style.textContent = baseStyles + EXTRA_STYLES;", "style.replaceSync(baseStyles + EXTRA_STYLES);");
      change("this.shadowRoot.appendChild(style);", "this.shadowRoot.adoptedStyleSheets = [style];");
      change(
        "targetNode.setAttribute(attributeName, newValue);",
        "if (attributeName === 'style') targetNode.style.cssText = newValue; else targetNode.setAttribute(attributeName, newValue);",
      );
      return { contents, loader: "js" };
    });
  },
};

async function copyEmoji() {
  const list = path.join(modules, "emoji-picker-element-data", "en", "emojibase", "data.json");
  await copyFile(list, path.join(draft, "emoji.json"));
}

async function buildScripts() {
  const sources = path.join(frontend, "src");
  const entries = (await readdir(sources)).filter((name) => name.endsWith(".js"));
  await esbuild.build({
    entryPoints: entries.map((name) => path.join(sources, name)),
    outdir: draft,
    bundle: true,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    minify: true,
    sourcemap: "linked",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
    plugins: [pickerUnderPolicy],
  });
}

async function main() {
  const started = performance.now();
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await Promise.all([buildStyles(), copyFonts(), buildIcons(), copyEmoji(), buildScripts()]);
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
  console.log(`static/build made in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

main().catch(async (error) => {
  // A message for a person; the stack of this script would only hide it.
  console.error(error.stderr || error.message);
  process.exitCode = 1;
  await rm(draft, { recursive: true, force: true });
});
