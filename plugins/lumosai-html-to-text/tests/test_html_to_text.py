"""The plugin in its sandbox: what becomes of the elements, and of pages that mean harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumosai_sdk import ToolContext
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.runtimes import LoadedPlugin

TOOL = "html-to-text.convert"
CONTEXT = ToolContext(run_id="run", agent="agent", call_id="call")


class TestConvert(ToolConformance):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool(TOOL)

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"html": "<h1>Hello</h1><p>World"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"html": "x" * 1_000_001}]


MARKDOWN = {
    "<h2>A <em>b</em></h2><p>one<br>two  three</p>": "## A _b_\n\none\ntwo three",
    "<ul><li>a<li>b<ol start=3><li>c</ol></ul><p>d": "- a\n- b\n  3. c\n\nd",
    "<p>x<blockquote><p>a</p><p>b</blockquote>c": "x\n\n> a\n>\n> b\n\nc",
    "<pre>\n  a\n`b`\n</pre>": "```\n  a\n`b`\n```",
    "<pre>```</pre>": "````\n```\n````",
    "<p><code>a*b</code> c*d": "`a*b` c\\*d",
    "<table><tr><th>a<th>b|c<tr><td>1<td><p>2</p><p>3</p></table>": "| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |",
    '<a href="https://e.org/a(b) c">x <b>y</b></a>': "[x **y**](https://e.org/a%28b%29%20c)",
    '<img alt="A cat" src="c.png"><img src="d.png">': "![A cat](c.png)",
    "a<hr>b": "a\n\n---\n\nb",
    "<p># a<p>1. b<p>- c": "\\# a\n\n1\\. b\n\n\\- c",
    "&lt;script&gt; &amp;amp; &nbsp;x": "\\<script\\> &amp; x",
}
GONE = [
    "<script>alert(1)</script>",
    "<style>p{}</style>",
    "<p hidden>x</p>",
    '<div style="display: none">x<div>y</div></div>',
    "<svg><text>x</text></svg>",
    "<!-- x -->",
    '<a href="javascript:alert(1)"></a>',
    "<head><meta charset=x></head>",
]


async def converted(plugin: LoadedPlugin, html: str, **more: Any) -> dict[str, Any]:
    answer = await plugin.tool(TOOL).call({"html": html, **more}, CONTEXT)
    assert isinstance(answer, dict)
    return answer


async def test_elements_as_markdown(lumos_plugin: LoadedPlugin) -> None:
    for html, text in MARKDOWN.items():
        assert (await converted(lumos_plugin, html))["text"] == text


async def test_what_nobody_sees_is_not_there(lumos_plugin: LoadedPlugin) -> None:
    for html in GONE:
        assert (await converted(lumos_plugin, f"<p>a</p>{html}<p>b"))["text"] == "a\n\nb", html


async def test_plain_text_has_no_marks(lumos_plugin: LoadedPlugin) -> None:
    html = '<h1>A</h1><p><b>b</b> *c* <a href="/d">e</a><table><tr><td>long<td>1<tr><td>s<td>2</table>'
    assert (await converted(lumos_plugin, html, format="text"))["text"] == "A\n\nb *c* e (/d)\n\nlong  1\ns     2"
    assert "/d" not in (await converted(lumos_plugin, html, format="text", links=False))["text"]


async def test_title_and_links(lumos_plugin: LoadedPlugin) -> None:
    html = (
        '<title>A &amp;\n b</title><a href="/x">one</a><a href="/x">two</a><a href="#y">no</a><a href="data:x">no</a>'
    )
    found = await converted(lumos_plugin, html)
    assert (found["title"], found["links"]) == ("A & b", [{"text": "one", "url": "/x"}])


async def test_lines_are_wrapped(lumos_plugin: LoadedPlugin) -> None:
    found = await converted(lumos_plugin, "<ul><li>" + "word " * 30 + "</ul>", width=40)
    lines = found["text"].splitlines()
    assert max(map(len, lines)) <= 40  # noqa: PLR2004
    assert all(line.startswith("  ") for line in lines[1:])


BOMBS = ["<div>", "<blockquote>", "<ul><li>", "<table><tr><td>", "<b>", "<a href=x>", "<", "&lt;", "*", "<!--", "<p>"]


async def test_no_page_is_too_deep(lumos_plugin: LoadedPlugin) -> None:
    for part in BOMBS:
        found = await converted(lumos_plugin, part * (10_000 // len(part)) + "end")
        assert isinstance(found["text"], str)


class Words(HTMLParser):
    """The words of a page, as Python's parser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.found += data.split()


TAGS = st.sampled_from(["p", "b", "div", "h1", "li", "ul", "blockquote", "em", "td", "span", "section"])
PARTS = st.one_of(
    TAGS.map(lambda t: f"<{t}>"), TAGS.map(lambda t: f"</{t}>"), st.from_regex(r" [a-z]{1,5} ", fullmatch=True)
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(html=st.lists(PARTS, max_size=25).map("".join))
async def test_no_word_is_lost_however_badly_a_page_is_made(lumos_plugin: LoadedPlugin, html: str) -> None:
    text = (await converted(lumos_plugin, html, format="text"))["text"]
    assert [w for w in text.split() if w != "-"] == Words(html).found
