"""Pages, read as a browser reads them: elements, attributes, text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_LOADS = {"src", "srcset", "poster", "data", "background", "ping", "action", "formaction", "manifest"}


@dataclass
class Element:
    """An element, with all the text within it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    open: bool = field(default=True)


class Page(HTMLParser):
    """All elements of a page in their order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {k: v or "" for k, v in attrs})
        self.elements.append(made)
        if tag not in VOID:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return elements by name, and by attributes (``class_`` is any of its words)."""
        wanted = {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}
        return [e for e in self.elements if e.tag == tag and all(_has(e, k, v) for k, v in wanted.items())]

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        """What the page says, its spaces as one."""
        return " ".join(self.elements[0].text.split())

    def loads(self) -> list[str]:
        """Return the addresses that are loaded or sent to, without anybody choosing it."""
        found = [v for e in self.elements for k, v in e.attributes.items() if k in _LOADS]
        return found + [
            e.attributes.get("href", "") for e in self.elements if e.tag in {"link", "use", "image", "base"}
        ]

    def runs(self) -> list[str]:
        """Return what would run: scripts of the page's own, handlers, styles, addresses that are programs."""
        found = [f"<{e.tag}>" for e in self.elements if e.tag == "script" and e.text.strip()]
        for e in self.elements:
            found += [f"{e.tag} {k}" for k in e.attributes if k.startswith("on") or k in {"style", "srcdoc"}]
            links = [e.attributes.get(k, "") for k in ("href", "src", "action", "formaction", "xlink:href")]
            found += [
                f"{e.tag} {v}" for v in links if urlsplit(v.strip()).scheme not in {"", "http", "https", "mailto"}
            ]
        return found


def _has(element: Element, name: str, value: str) -> bool:
    told = element.attributes.get(name)
    return told is not None and (value in told.split() if name == "class" else value in {told, "*"})
