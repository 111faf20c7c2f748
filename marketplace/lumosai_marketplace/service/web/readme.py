"""A README as HTML: Markdown, of which only what shows text is left.

No images (they would tell others who reads the page), no scripts, styles, forms or ids of its own; links lead to https
and tell nobody where one came from. Headings begin below those of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from lumosai_marketplace.service.web.visible import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_TEXT: Final = 64 * 1024
"""Characters that are shown; the rest is in the package itself.

Twice as many brackets that never close take four times as long to read.
"""
_HEADING_SHIFT, _LAST_HEADING = 2, 6
_TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h3",
    "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
})  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "abbr": {"title"},
}
_REL = "nofollow noopener noreferrer ugc"


def render(sha256: str, text: str, kind: str) -> str:
    """Return safe HTML for the README of a release, remembered by its hash."""
    return _remembered(sha256, _Text(text), kind.partition(";")[0].strip().lower())


def to_html(text: str, kind: str) -> str:
    """Return safe HTML for a text of the media type *kind*; what is no Markdown is shown as it is."""
    import nh3

    shown, cut = visible(text[:MAX_TEXT]), len(text) > MAX_TEXT
    if kind != "text/markdown":
        html = f"<pre>{escape(shown)}</pre>" if shown else ""
    else:
        html = nh3.clean(
            _markdown().render(shown),
            tags=set(_TAGS),
            attributes={k: set(v) for k, v in _ATTRIBUTES.items()},
            clean_content_tags={"script", "style", "iframe", "object", "template", "noscript", "textarea", "title"},
            url_schemes={"https", "mailto"},
            url_relative="deny",
            link_rel=_REL,
            strip_comments=True,
            set_tag_attribute_values={"table": {"tabindex": "0"}},  # a wide one is scrolled, by keys as well
        )
    return f"{html}<p><em>It goes on: the rest is in the package.</em></p>" if cut else html


class _Text(str):
    """A text that weighs nothing as a key: the release is the key."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=128)
def _remembered(sha256: str, text: _Text, kind: str) -> str:  # noqa: ARG001 - the key
    return to_html(str.__str__(text), kind)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": True, "maxNesting": 20}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _image)
    made.core.ruler.push("lower_headings", _lower_headings)
    return made


def _image(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """Show what an image is called, where its author says so."""
    alt = "".join(t.content for t in tokens[at].children or ())
    return f"<small>[image: {escape(alt)}]</small>" if alt.strip() else ""


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + _HEADING_SHIFT, _LAST_HEADING)}"
