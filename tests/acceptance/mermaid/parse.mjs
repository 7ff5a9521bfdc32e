// Reads a JSON object of flowcharts by name on stdin, and prints what Mermaid's own parser makes of each.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

// DOMPurify, by which Mermaid cleans texts, wants a browser's.
const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import("mermaid");
// As code hosts have it.
mermaid.initialize({ securityLevel: "strict" });
const found = {};
for (const [name, text] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  const nodes = [...db.getVertices().values()];
  found[name] = {
    title: db.getAccTitle() ?? "",
    nodes: Object.fromEntries(nodes.map(({ id, text, classes }) => [id, { text, classes }])),
    links: db.getEdges().map(({ start, end }) => [start, end]),
    frames: db.getSubGraphs().map(({ title, nodes }) => ({ title, nodes })),
    acting: nodes.filter(({ link, haveCallback }) => link || haveCallback).length,
  };
}
process.stdout.write(JSON.stringify(found));
