from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai.config.locate import line_of

FILE = '''\
top = 1
[host]
safe_mode = true
"quoted key" = 1
'single' = 2
[agents.one]  # comment
model = "a/b"
instructions = """
[host]
model = "not this one"
"""
limits.steps = 3
tools = [
  "x = y",
  ["nested"]
]
approve = ["[agents.two]"]
[agents."two.dots"]
model = 'x'
  [agents.indented]
  model = "y"
[ plugins . spaced . settings ]
a . b = 1
text = \'\'\'
k = v\'\'\'
last = 1
[[rules]]
match = "x"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("host",), 2),
        (("host", "safe_mode"), 3),
        (("host", "quoted key"), 4),
        (("host", "single"), 5),
        (("host", "missing"), 2),
        (("agents", "one"), 6),
        (("agents", "one", "model"), 7),
        (("agents", "one", "limits", "steps"), 12),
        (("agents", "one", "tools", 1), 13),
        (("agents", "one", "approve", 0), 17),
        (("agents", "two.dots", "model"), 19),
        (("agents", "indented", "model"), 21),
        (("plugins", "spaced", "settings", "a", "b"), 23),
        (("plugins", "spaced", "settings", "last"), 26),
        (("rules", 0, "match"), 28),
        (("nothing",), None),
        ((), None),
    ],
)
def test_where_a_key_stands(path: tuple[str | int, ...], line: int | None) -> None:
    tomllib.loads(FILE)
    assert line_of(FILE, path) == line


def test_escapes_in_quoted_keys_are_read_and_broken_ones_survived() -> None:
    assert line_of('a = 1\n"b\\"\\u0063" = 2\n', ('b"c',)) == 2  # noqa: PLR2004
    assert line_of('"b\\q" = 1\n', ("b\\q",)) == 1


def test_only_newlines_end_lines() -> None:
    text = 'a = "\u2028\u0085 x"\nb = 1\r\nc = 2\n'
    assert tomllib.loads(text)["c"] == 2  # noqa: PLR2004
    assert [line_of(text, (k,)) for k in "abc"] == [1, 2, 3]


BARE = st.text("abcXYZ019_-", min_size=1, max_size=5)
QUOTED = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\"'\\"), max_size=6)
KEYS = st.one_of(BARE, QUOTED)
LINES = {
    "scalar": ["{key} = 1"],
    "spaced": ["   {key}   =   'a = b'  # c = d"],
    "string": ['{key} = "[x]"'],
    "long string": ['{key} = """', "[table]", "a = 1", '"""'],
    "array": ["{key} = [", "  'a = 1',", "  ['b'],", "  [1]", "]"],
    "tables": ["{key} = [", "  { a = 1 },", "  # ]", "]"],
    "bracket in a string": ["{key} = '['"],
}


def written(key: str) -> str:
    return key if key.isascii() and key.replace("-", "_").replace("_", "a").isalnum() else f'"{key}"'


@given(
    st.dictionaries(KEYS, st.dictionaries(KEYS, st.sampled_from(sorted(LINES)), max_size=4), max_size=4),
    st.lists(st.sampled_from(["", "# a = 1", "  # [x]"]), max_size=3),
)
def test_every_key_of_a_file_is_found_where_it_was_written(tables: dict[str, dict[str, str]], gap: list[str]) -> None:
    lines: list[str] = []
    places: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        lines += [*gap, f"[{written(table)}]"]
        places[table,] = len(lines)
        for key, kind in keys.items():
            lines += gap
            places[table, key] = len(lines) + 1
            lines += [line.replace("{key}", written(key)) for line in LINES[kind]]
    text = "\n".join(lines)
    parsed: Any = tomllib.loads(text)
    assert set(parsed) == set(tables)
    assert {path: line_of(text, path) for path in places} == places


@given(st.text(), st.lists(st.text() | st.integers(), max_size=4))
def test_any_text_is_survived(text: str, path: list[str | int]) -> None:
    line = line_of(text, path)
    assert line is None or 1 <= line <= text.count("\n") + 1
