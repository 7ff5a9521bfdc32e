// draw.mjs COMMENT DIRECTORY: a comment's Markdown as a code host shows it, light and dark, on a wide and a narrow screen.
// Mermaid and the styles are those of its package.json; the browser is told by CHROMIUM. Nothing is fetched.

import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import markdownIt from "markdown-it";
import puppeteer from "puppeteer-core";

const [comment, directory] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const styles = readFileSync(require.resolve("github-markdown-css/github-markdown.css"), "utf8");
// Shown as after a click; the others are as they are at first.
const OPEN = /<details>(?=<summary>(cloud-init|Topology))/g;
const PAGE = `
:root { color-scheme: light dark }
body { margin: 0; padding: 16px; background: light-dark(#ffffff, #0d1117); font-family: sans-serif }
.comment { max-width: 912px; margin: auto; border: 1px solid light-dark(#d1d9e0, #3d444d); border-radius: 6px; overflow: hidden }
.author { padding: 8px 16px; font-size: 14px; color: light-dark(#59636e, #9198a1); background: light-dark(#f6f8fa, #151b23);
  border-bottom: 1px solid light-dark(#d1d9e0, #3d444d) }
.author b { color: light-dark(#1f2328, #f0f6fc) }
.markdown-body { padding: 16px; font-family: "Liberation Sans", sans-serif }
.markdown-body pre.mermaid { background: none; padding: 0; text-align: center }
.markdown-body .added { color: light-dark(#116329, #aff5b4); background: light-dark(#dafbe1, #033a16) }
.markdown-body .removed { color: light-dark(#82071e, #ffdcd7); background: light-dark(#ffebe9, #67060c) }
.markdown-body .hunk { color: light-dark(#6639ba, #d2a8ff) }
@media (max-width: 500px) { body { padding: 0 } .comment { border-width: 1px 0; border-radius: 0 } }
`;

const escaped = markdownIt().utils.escapeHtml;

/** A line of a diff, in its colour. */
function coloured(line) {
  const kind = { "+": "added", "-": "removed", "@": "hunk" }[line[0]];
  return kind ? `<span class="${kind}">${escaped(line)}</span>` : escaped(line);
}

const markdown = markdownIt({
  html: true,
  linkify: true,
  highlight: (text, language) => {
    if (language === "mermaid") return `<pre class="mermaid">${escaped(text)}</pre>`;
    return language === "diff" ? text.split("\n").map(coloured).join("\n") : "";
  },
});
const body = markdown.render(readFileSync(comment, "utf8")).replace(OPEN, "<details open>");
const page = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>${styles}${PAGE}</style>
<div class="comment"><div class="author"><b>github-actions</b> commented</div><div class="markdown-body">${body}</div></div>`;

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
mkdirSync(directory, { recursive: true });
try {
  for (const scheme of ["light", "dark"]) {
    for (const width of [1280, 400]) {
      const tab = await browser.newPage();
      await tab.setViewport({ width, height: 600 });
      await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await tab.setContent(page);
      await tab.addScriptTag({ path: require.resolve("mermaid/dist/mermaid.min.js") });
      await tab.evaluate(async (theme) => {
        mermaid.initialize({ startOnLoad: false, theme });
        await mermaid.run();
      }, scheme === "dark" ? "dark" : "default");
      const path = `${directory}/comment-${scheme}-${width}.png`;
      await tab.screenshot({ path, fullPage: true });
      const height = await tab.evaluate(() => document.documentElement.scrollHeight);
      console.log(`changed: drew ${path}, ${width} x ${height}`);
      await tab.close();
    }
  }
} finally {
  await browser.close();
}
