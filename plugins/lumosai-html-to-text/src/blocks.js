// Paragraphs: text collects until a block ends, is then wrapped, and put under what it is nested in (quotes, items).

const ESCAPED = /[\\`*_[\]<>]/g;
const DEEPEST = 30;
const STARTS = /^(#{1,6} |[-+] |\d+[.)] |~~~|=+$|-+$)/;

export class Blocks {
  constructor({ markdown, width }) {
    this.markdown = markdown;
    this.width = width;
    this.done = [];
    this.parts = [];
    this.blocks = 0;
    this.prefix = "";
    this.nested = [];
    this.start = "";
    this.sign = null; // an item's, for its first line
    this.code = 0;
    this.verbatim = 0;
    this.tight = 0;
    this.gap = false; // whether a blank line comes before the next block, however tight
    this.before = ""; // the prefix of the line before
    this.empty = true; // no blank line before the first block
    this.spaced = true;
  }

  /** Take a page's text, in which white space counts as one space. */
  text(given) {
    if (this.code) {
      this.parts.push(given);
      return;
    }
    let text = given.replace(/[\s\u00a0]+/g, " ");
    if (this.spaced) text = text.replace(/^ /, "");
    if (text === "") return;
    this.spaced = text.endsWith(" ");
    this.parts.push(this.markdown && !this.verbatim ? text.replace(ESCAPED, "\\$&") : text);
  }

  /** Put text as it stands. */
  raw(text) {
    this.parts.push(text);
    this.spaced = false;
  }

  /** Put a mark, which is no text. */
  mark(sign) {
    this.parts.push(sign);
  }

  /** Return where the next text of this block will stand. */
  place() {
    return { block: this.blocks, at: this.parts.length };
  }

  /** Tell whether there is text since a place, all of it in the same block. */
  filledSince({ block, at }) {
    return block === this.blocks && this.parts.slice(at).some((part) => part.trim() !== "");
  }

  /** Put marks around what stands since a place of this block. */
  enclose({ at }, before, after) {
    this.parts.splice(at, 0, before);
    this.parts.push(after);
  }

  /** Begin or end text of which nothing is escaped. */
  inline(opens) {
    this.verbatim = Math.max(0, this.verbatim + (opens ? 1 : -1));
  }

  newline() {
    this.parts.push("\n");
    this.spaced = true;
  }

  /** End the block; the next one begins with `start`. */
  block(start = "") {
    if (this.code) return;
    const text = tidy(this.parts.join(""));
    this.clear();
    const bare = this.markdown && !this.start ? text.split("\n").map(guarded).join("\n") : text;
    if (text !== "") this.put(this.wrapped(this.start + bare));
    this.start = start;
  }

  /** Indent what follows by `indent`, the first line by `sign`. */
  nest(indent, sign = null) {
    this.block();
    if (this.sign !== null) this.put([""]);
    this.nested.push(this.prefix);
    if (this.nested.length <= DEEPEST) this.prefix += this.markdown ? indent : " ".repeat(indent.length);
    this.sign = sign;
  }

  unnest() {
    this.block();
    if (this.sign !== null) this.put([""]);
    this.prefix = this.nested.pop() ?? "";
  }

  /** Begin a list, whose items follow each other without blank lines. */
  openTight() {
    this.block();
    this.gap = this.tight === 0;
    this.tight += 1;
  }

  closeTight() {
    this.block();
    this.tight -= 1;
  }

  rule() {
    this.block();
    this.put([this.markdown ? "---" : "-".repeat(10)]);
  }

  openCode() {
    this.block();
    this.code += 1;
  }

  closeCode() {
    if (!this.code || --this.code) return;
    const text = this.parts.join("").replace(/^\n/, "").trimEnd();
    this.clear();
    const fence = "`".repeat(Math.max(3, longest(text) + 1));
    const lines = text.split("\n");
    if (text !== "") this.put(this.markdown ? [fence, ...lines, fence] : lines);
  }

  /** Put finished lines as a block. */
  lines(lines) {
    this.block();
    if (lines.length) this.put(lines);
  }

  /** Forget the block: what comes next stands in another one. */
  clear() {
    this.parts = [];
    this.spaced = true;
    this.blocks += 1;
  }

  put(lines) {
    if (!this.empty && (this.gap || !this.tight)) this.done.push(common(this.before, this.prefix).trimEnd());
    for (const line of lines) {
      const before = this.sign === null ? this.prefix : (this.nested.at(-1) ?? "") + this.sign;
      this.sign = null;
      this.done.push((before + line).trimEnd());
    }
    this.before = this.prefix;
    this.empty = this.gap = false;
  }

  wrapped(text) {
    const room = this.width ? Math.max(20, this.width - this.prefix.length) : Infinity;
    return text.split("\n").flatMap((line) => (line.length > room ? wrap(line, room) : [line]));
  }

  finished() {
    if (this.code) this.code = 1;
    this.closeCode();
    this.block();
    return this.done.join("\n").replace(/\n{3,}/g, "\n\n").trim();
  }
}

/** Return what two texts begin with. */
function common(a, b) {
  let size = 0;
  while (size < a.length && a[size] === b[size]) size += 1;
  return a.slice(0, size);
}

function tidy(text) {
  return text.replace(/ *\n */g, "\n").replace(/(\*\*|__|~~|``)\1/g, "").trim();
}

/** Return a paragraph's line that Markdown does not take for a heading, an item or a rule. */
function guarded(line) {
  return STARTS.test(line) ? (/^\d/.test(line) ? line.replace(/[.)]/, "\\$&") : `\\${line}`) : line;
}

function longest(text) {
  return (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
}

function wrap(line, room) {
  const out = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > room) {
      out.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  if (current !== "") out.push(current);
  return out;
}
