// HTML to text: the parser tells what opens, what closes and what stands between, and this keeps what a reader would see.
// There is no tree and no recursion, so that a page cannot be too deep.
import { Parser } from "htmlparser2";

import { Blocks } from "./blocks.js";
import { table } from "./table.js";

export const FORMATS = ["markdown", "text"];

const MOST_LINKS = 200;
const LONGEST = 500;
const HIDDEN = new Set([
  "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "canvas", "audio", "video",
  "head", "select", "datalist", "textarea", "dialog",
]);
const BLOCKS = new Set([
  "address", "article", "aside", "details", "div", "dd", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
  "form", "header", "hgroup", "legend", "main", "nav", "p", "section", "summary", "body", "caption",
]);
const MARKS = { b: "**", strong: "**", i: "_", em: "_", code: "`", kbd: "`", samp: "`", del: "~~", s: "~~" };
const HEADING = /^h([1-6])$/;
const SCHEMES = /^(https?:|mailto:|tel:|ftp:|[^:]*$|[^:]*[/?#])/i;

/** Return `{text, title, links}` of a page, or of a part of one. */
export function convert(html, { format, links, width }) {
  const converter = new Converter(format === "markdown", links, width);
  const parser = new Parser(converter, { decodeEntities: true, lowerCaseTags: true });
  parser.write(html);
  parser.end();
  return converter.result();
}

class Converter {
  constructor(markdown, links, width) {
    this.markdown = markdown;
    this.showLinks = links;
    this.found = new Map();
    this.title = "";
    this.inTitle = false;
    this.hidden = []; // the names of the hidden elements that are open, outermost first
    this.out = new Blocks({ markdown, width });
    this.lists = [];
    this.links = [];
    this.tables = []; // those that are open; cells collect their text in Blocks of their own
    this.outer = [];
  }

  // --- what the parser calls

  onopentag(name, attributes) {
    if (name === "title" && !this.title && !this.hidden.includes("svg")) this.inTitle = true;
    if (this.hidden.length || HIDDEN.has(name) || isHidden(attributes)) {
      if (!VOID.has(name)) this.hidden.push(name);
      return;
    }
    this.open(name, attributes);
  }

  ontext(text) {
    if (this.inTitle) this.title += text.slice(0, 1000 - this.title.length);
    else if (!this.hidden.length) this.visible(text);
  }

  onclosetag(name) {
    if (name === "title") this.inTitle = false;
    if (this.hidden.length) {
      const at = this.hidden.lastIndexOf(name);
      if (at >= 0) this.hidden.length = at;
      return;
    }
    this.close(name);
  }

  onend() {
    while (this.tables.length) this.close("table");
  }

  result() {
    const links = [...this.found].slice(0, MOST_LINKS).map(([url, text]) => ({ text, url }));
    return { text: this.out.finished(), title: this.title.replace(/\s+/g, " ").trim(), links };
  }

  visible(text) {
    this.out.text(text);
    const link = this.links.at(-1);
    if (link && link.text.length < LONGEST) link.text += text.slice(0, LONGEST);
  }

  // --- elements

  open(name, attributes) {
    const { out } = this;
    const link = this.links.at(-1);
    if (link && !(name in MARKS)) link.text += " ";
    const heading = HEADING.exec(name);
    if (heading) out.block(this.markdown ? `${"#".repeat(Number(heading[1]))} ` : "");
    else if (BLOCKS.has(name)) out.block();
    else if (name in MARKS) this.mark(MARKS[name], true);
    else if (name === "br") out.newline();
    else if (name === "hr") out.rule();
    else if (name === "pre") out.openCode();
    else if (name === "blockquote") out.nest("> ");
    else if (name === "ul" || name === "ol") this.openList(name, attributes);
    else if (name === "li") this.openItem();
    else if (name === "a") this.openLink(attributes.href);
    else if (name === "img") this.image(attributes);
    else if (name === "q") out.raw("“");
    else if (TABLE.has(name)) this.openTable(name);
  }

  close(name) {
    const { out } = this;
    if (HEADING.test(name) || BLOCKS.has(name)) out.block();
    else if (name in MARKS) this.mark(MARKS[name], false);
    else if (name === "pre") out.closeCode();
    else if (name === "blockquote") out.unnest();
    else if (name === "ul" || name === "ol") this.closeList();
    else if (name === "li") this.closeItem();
    else if (name === "a") this.closeLink();
    else if (name === "q") out.raw("”");
    else if (TABLE.has(name)) this.closeTable(name);
  }

  mark(sign, opens) {
    if (!this.markdown || this.out.code) return;
    if (sign === "`") this.out.inline(opens);
    this.out.mark(sign);
  }

  openList(name, { start }) {
    const first = Number.parseInt(start ?? "1", 10);
    this.lists.push({ number: name === "ol" ? (Number.isSafeInteger(first) ? first : 1) : null, item: false });
    this.out.openTight();
  }

  closeList() {
    if (!this.lists.length) return;
    this.closeItem();
    this.lists.pop();
    this.out.closeTight();
  }

  openItem() {
    const list = this.lists.at(-1);
    if (!list) return this.out.block();
    this.closeItem();
    const sign = list.number === null ? "- " : `${list.number++}. `;
    list.item = true;
    this.out.nest(" ".repeat(sign.length), sign);
  }

  closeItem() {
    const list = this.lists.at(-1);
    if (!list?.item) return this.out.block();
    list.item = false;
    this.out.unnest();
  }

  openLink(href) {
    const url = (href ?? "").trim();
    const leads = url !== "" && !url.startsWith("#") && SCHEMES.test(url) && url.length <= 2000;
    this.links.push({ url: leads ? url : null, text: "", from: this.out.place() });
  }

  closeLink() {
    const link = this.links.pop();
    if (!link?.url) return;
    const text = link.text.replace(/\s+/g, " ").trim();
    if (!this.found.has(link.url) && this.found.size < MOST_LINKS) this.found.set(link.url, text.slice(0, LONGEST));
    if (!this.showLinks || this.out.code || !this.out.filledSince(link.from)) return;
    if (this.markdown) this.out.enclose(link.from, "[", `](${safe(link.url)})`);
    else if (text !== link.url) this.out.mark(` (${link.url})`);
  }

  image({ alt, src }) {
    const text = (alt ?? "").replace(/\s+/g, " ").trim();
    if (!text) return;
    const shown = this.markdown && this.showLinks && src && SCHEMES.test(src) && src.length <= 2000;
    this.out.raw(shown ? `![${text}](${safe(src)})` : text);
  }

  // --- tables

  openTable(name) {
    if (name === "table") {
      this.out.block();
      this.tables.push({ rows: [], cell: false });
      return;
    }
    const open = this.tables.at(-1);
    if (!open) return;
    if (open.cell) this.closeCell(open);
    if (name === "tr") open.rows.push([]);
    if (name !== "td" && name !== "th") return;
    if (!open.rows.length) open.rows.push([]);
    open.cell = true;
    this.outer.push(this.out);
    this.out = new Blocks({ markdown: this.markdown, width: 0 });
  }

  closeTable(name) {
    const open = this.tables.at(-1);
    if (!open) return;
    if (open.cell && name !== "thead") this.closeCell(open);
    if (name !== "table") return;
    this.tables.pop();
    this.out.lines(table(open.rows, this.markdown));
  }

  closeCell(open) {
    const text = this.out.finished().replace(/\s+/g, " ").trim();
    open.rows.at(-1).push(text);
    open.cell = false;
    this.out = this.outer.pop();
  }
}

const TABLE = new Set(["table", "tr", "td", "th"]);
const VOID = new Set([
  "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
]);

function isHidden(attributes) {
  return "hidden" in attributes || attributes["aria-hidden"] === "true" || /display:\s*none/i.test(attributes.style ?? "");
}

/** Return a URL that ends where it ends: without white space, brackets and parentheses. */
function safe(url) {
  return url.replace(/[\s<>()[\]\\]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
