"""HTML as Markdown: headings, paragraphs, lists and tables; nothing of scripts and navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from lumosai_plugins.knowledge.documents import Document, clean
from lumosai_plugins.knowledge.loaders.plain import decoded, of_markdown
from lumosai_sdk.errors import InputError

_LEFT_OUT = ["script", "style", "noscript", "template", "nav", "footer", "svg", "iframe", "form"]
_HEADINGS = {f"h{n}": f"{'#' * n} " for n in range(1, 7)}
_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure h1 h2 h3 h4
    h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul""".split()  # noqa: SIM905
)
_BLANKS = re.compile(r"\s+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Those that need no end, or are ended by the next.
_UNENDED = frozenset(
    """area base br col dd dt embed hr img input li link meta optgroup option p param rp rt source tbody td tfoot th
    thead tr track wbr""".split()  # noqa: SIM905
)
MAX_DEPTH = 512
"""Elements in each other, as many as browsers take: what a parser does for each grows with their number."""


def html(raw: bytes, source: str) -> Document:
    """Read a page (https://html.spec.whatwg.org/). Raises InputError for one whose elements stand too deep."""
    text = decoded(raw, source)
    _check_depth(text, source)
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    named = "" if title is None else _BLANKS.sub(" ", title.text(deep=True)).strip()
    tree.strip_tags(_LEFT_OUT)
    blocks = [] if tree.body is None else list(_blocks(tree.body))
    return of_markdown(clean("\n\n".join(blocks)), source, named)


def _check_depth(text: str, source: str) -> None:
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() in _UNENDED:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > MAX_DEPTH:
            raise InputError(f"{source}: more than {MAX_DEPTH} elements stand in each other")


def _blocks(body: LexborNode) -> Iterator[str]:
    """Yield the text between the bounds of blocks, each piece in the manner of the block it stands in."""
    open_tags: list[str] = []
    said: list[str] = []
    for node, entered in _walk(body):
        tag = node.tag or ""
        if tag not in _BLOCKS:
            if entered:
                said.append("\n" if tag == "br" else _own_text(node))
            continue
        if open_tags and (text := _written(said, open_tags)):
            yield text
        said.clear()
        if entered:
            open_tags.append(tag)
        else:
            open_tags.pop()


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Yield every node when it is entered and when it is left, however deep they stand, in linear time."""
    node = root
    while True:
        yield node, True
        if (child := node.child) is not None:
            node = child
            continue
        while True:
            yield node, False
            if node.mem_id == root.mem_id:
                return
            if (after := node.next) is not None:
                node = after
                break
            parent = node.parent
            if parent is None:
                return
            node = parent


def _own_text(node: LexborNode) -> str:
    return node.text(deep=False) if node.is_text_node else ""


def _written(said: list[str], open_tags: list[str]) -> str:
    text = "".join(said)
    if open_tags[-1] == "pre":
        return text.strip("\n")
    words = _BLANKS.sub(" ", text).strip()
    if not words:
        return ""
    before = "- " if open_tags[-1] == "li" else _HEADINGS.get(open_tags[-1], "")
    return f"{before}{words}"
