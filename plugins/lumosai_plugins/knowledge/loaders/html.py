"""HTML as Markdown: headings, paragraphs, lists and tables; nothing of scripts and navigation."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from lumosai_plugins.knowledge.documents import Document, clean
from lumosai_plugins.knowledge.loaders.plain import decoded, of_markdown

_LEFT_OUT = ["script", "style", "noscript", "template", "nav", "footer", "svg", "iframe", "form"]
_BLOCKS = "h1, h2, h3, h4, h5, h6, p, li, pre, blockquote, td, th, dt, dd, figcaption, caption"
_BLANKS = re.compile(r"\s+")


def html(raw: bytes, source: str) -> Document:
    """Read a page (https://html.spec.whatwg.org/)."""
    tree = LexborHTMLParser(decoded(raw))
    title = tree.css_first("title")
    tree.strip_tags(_LEFT_OUT)
    body = tree.body
    blocks = [] if body is None else [b for n in body.css(_BLOCKS) if (b := _block(n))]
    if not blocks and body is not None:
        blocks = [_words(body)]
    named = "" if title is None else _words(title)
    return of_markdown(clean("\n\n".join(blocks)), source, named)


def _block(node: LexborNode) -> str:
    if node.css_first(f":is({_BLOCKS})") not in {None, node} or _inner(node):
        return ""  # what is in it comes by itself
    text = node.text(deep=True).strip("\n") if node.tag == "pre" else _words(node)
    if not text:
        return ""
    if node.tag and node.tag[0] == "h" and node.tag[1:].isdigit():
        return f"{'#' * int(node.tag[1:])} {text}"
    return f"- {text}" if node.tag == "li" else text


def _inner(node: LexborNode) -> bool:
    return any(n != node for n in node.css(_BLOCKS))


def _words(node: LexborNode) -> str:
    return _BLANKS.sub(" ", node.text(deep=True, separator=" ")).strip()
