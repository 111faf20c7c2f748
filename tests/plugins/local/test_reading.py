"""Reading values off a request, without any model."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.local import spans
from lumosai_plugins.local.arithmetic import find_expression
from lumosai_plugins.local.check import fits
from lumosai_plugins.local.dates import find_date
from lumosai_plugins.local.evidence import Request, mentions, properties, support
from lumosai_plugins.local.kinds import kind_of
from lumosai_plugins.local.zones import find_zones

SUNDAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 21, 0)  # noqa: DTZ001 - as the user's clock shows it


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("tonight?", "2026-11-22"),
        ("on 2026-12-24?", "2026-12-24"),
        ("how will it look tomorrow", "2026-11-23"),
        ("the day after tomorrow", "2026-11-24"),
        ("last night", "2026-11-21"),
        ("the day before yesterday", "2026-11-20"),
        ("next friday?", "2026-11-27"),
        ("on Sunday", "2026-11-22"),
        ("next sunday", "2026-11-29"),
        ("last monday", "2026-11-16"),
        ("last sunday", "2026-11-15"),
        ("on 3rd of March", "2027-03-03"),
        ("december 5, 2027", "2027-12-05"),
        ("in two weeks", "2026-12-06"),
        ("5 days ago", "2026-11-17"),
        ("1.3.2027", "2027-03-01"),
        ("12/24/2026", "2026-12-24"),
        ("24/12/2026", "2026-12-24"),
        ("Christmas Eve", "2026-12-24"),
        ("at christmas", "2026-12-25"),
        ("new year's eve", "2026-12-31"),
        ("New Year", "2027-01-01"),
        ("next week", "2026-11-29"),
        ("31 February, no: 2026-12-01", "2026-12-01"),
    ],
)
def test_finds_the_day(text: str, day: str) -> None:
    found = find_date(text, SUNDAY)
    assert found
    assert found.isoformat() == day


@pytest.mark.parametrize("text", ["", "may I ask", "5/6/2026", "2026-13-45", "the mondayish"])
def test_finds_no_day(text: str) -> None:
    assert find_date(text, SUNDAY) is None


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        ("What time is it in Tokyo?", ["Asia/Tokyo"]),
        ("time in new york please", ["America/New_York"]),
        ("current time Berlin?", ["Europe/Berlin"]),
        ("time in San Francisco", ["America/Los_Angeles"]),
        ("the time in PST", ["America/Los_Angeles"]),
        ("and in the uk", ["Europe/London"]),
        ("what time is it", []),
        ("in Nowhere", []),
        ("3 pm in Berlin, what is that in New York?", ["Europe/Berlin", "America/New_York"]),
        ("use Pacific/Auckland", ["Pacific/Auckland"]),
        ("use Made/Up", []),
    ],
)
def test_finds_time_zones(text: str, zones: list[str]) -> None:
    assert list(dict.fromkeys(zone for zone, _ in find_zones(text))) == zones


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("What is 17 * 23?", "17 * 23"),
        ("calculate (3+4)/2", "(3+4)/2"),
        ("How much is 1234 minus 567?", "1234 - 567"),
        ("what's 15% of 80", "15 / 100 * 80"),
        ("Add 5 and 9", "5 + 9"),
        ("subtract 5 from 9", "9 - 5"),
        ("the square root of 144", "sqrt(144)"),
        ("1,000 times 3", "1000 * 3"),
        ("12 x 12", "12 * 12"),
        ("2^10", "2**10"),
        ("seven times eight", "7 * 8"),
        ("10 ÷ 4 please", "10 / 4"),
        ("9 squared", "9 ** 2"),
        ("half of 10", "10 / 2"),
        ("(it is 3 * (4 + 5))", "3 * (4 + 5)"),
        ("on 2026-12-24", None),
        ("call 555-123-4567", None),
        ("I have 3 apples", None),
        ("it costs 5, 6 or 7", None),
    ],
)
def test_finds_sums(text: str, expression: str | None) -> None:
    assert find_expression(text) == expression


def test_finds_addresses_and_files() -> None:
    text = "Mail ada@example.org what https://a.b/c?d=e. says, and see notes/todo.txt, Makefile and example.com/x"
    assert spans.urls(text) == ["https://a.b/c?d=e", "https://example.com/x"]
    assert spans.emails(text) == ["ada@example.org"]
    assert "notes/todo.txt" in spans.paths(text)
    assert "Makefile" in spans.paths(text)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("open /etc/hosts now", ["/etc/hosts"]),
        ("show me 'my file.txt'", ["my file.txt"]),
        ("read ~/x/y.z, then 3.5 or 1/2", ["~/x/y.z"]),
        ("go to example.com", []),
        ("What does README.md say?", ["README.md"]),
    ],
)
def test_finds_files(text: str, paths: list[str]) -> None:
    assert spans.paths(text) == paths


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Will it rain in Paris tomorrow?", "Paris"),
        ("weather in new york tomorrow", "new york"),
        ("How warm is San Francisco this weekend?", "San Francisco"),
        ("forecast for the Hague please", "Hague"),
    ],
)
def test_finds_places(text: str, place: str) -> None:
    assert spans.places(text)[0] == place


def test_finds_times_numbers_topics_questions() -> None:
    assert spans.clocks("at 15:30 or 3 pm") == ["15:30", "3 pm"]
    assert spans.numbers("1,234 and 5.5, -3") == [1234, 5.5, -3]
    assert spans.numbers("three of twelve") == [3, 12]
    assert spans.topics("find my notes about the garden.") == ["the garden"]
    assert spans.questions("Check with me: which folder?") == ["which folder?"]
    assert spans.questions("Ask the user for their name") == ["their name"]


def test_pieces_of_a_request_are_pieces_of_it() -> None:
    assert spans.phrases("a b c? d")[0] == "a b c? d"
    assert len(spans.phrases(" ".join(map(str, range(500))), most=10)) == 10  # noqa: PLR2004


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("x", {"type": "string", "format": "uri"}, "url"),
        ("x", {"type": "string", "format": "date"}, "date"),
        ("timezone", {"type": "string"}, "timezone"),
        ("to_timezone", {"type": "string"}, "timezone"),
        ("filePath", {"type": "string"}, "path"),
        ("expression", {"type": "string"}, "expression"),
        ("when", {"type": "string", "description": "The date as YYYY-MM-DD"}, "date"),
        ("time", {"type": "string"}, "clock"),
        ("city", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "place"),
        ("n", {"type": ["integer", "null"]}, "number"),
        ("n", {"type": "array"}, "list"),
        ("mode", {"enum": ["a"]}, "enum"),
        ("on", {"type": "boolean"}, "boolean"),
        ("title", {"type": "string"}, "text"),
        ("broken", {"anyOf": ["x"], "type": 3}, "text"),
    ],
)
def test_tells_what_a_parameter_wants(name: str, schema: dict[str, object], kind: str) -> None:
    assert kind_of(name, schema) == kind


def test_what_a_request_holds_speaks_for_a_tool() -> None:
    url = {"properties": {"url": {"type": "string", "format": "uri"}}, "required": ["url"]}
    assert support(url, Request("get https://a.b", NOW)) > 0
    assert support(url, Request("get me a tea", NOW)) < 0


def test_a_sum_is_masked_for_its_meaning() -> None:
    assert "arithmetic" in Request("What is 17 * 23?", NOW).masked
    assert "web page" in Request("fetch https://a.b/c", NOW).masked
    assert "text file" in Request("show a.txt", NOW).masked


def test_a_hostile_schema_costs_little() -> None:
    many = {"properties": {str(i): {"type": "string"} for i in range(10_000)}}
    assert len(properties(many)) < 100  # noqa: PLR2004
    assert properties({"properties": "no"}) == {}
    assert mentions({"enum": [f"v{i}" for i in range(100_000)]}, "v1 v99999") == ["v1"]
    assert mentions({"enum": "no"}, "no") == []


BUSY = ("a", "1+", "(", "a.", "/", "in ", "A ", "*", "'", "http://", "1,1", "ask me ", "@.", "- - ", "9:9", "st of ")


@pytest.mark.parametrize("text", [(b * 2000)[:2000] + "!" for b in BUSY], ids=BUSY)
def test_no_request_keeps_the_patterns_busy(text: str) -> None:
    request = Request(text, NOW)
    for kind in ("url", "path", "expression", "date", "datetime", "clock", "timezone", "place", "email", "number"):
        request.values(kind, {})
    assert request.values("question", {}) is not None
    assert request.masked is not None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_reads_anything_without_failing(text: str) -> None:
    request = Request(text, NOW)
    for kind in ("url", "path", "expression", "date", "datetime", "clock", "timezone", "place", "number", "query"):
        assert isinstance(request.values(kind, {}), list)


@pytest.mark.parametrize(
    ("value", "schema", "good"),
    [
        ("a", {"type": "string", "maxLength": 1}, True),
        ("ab", {"type": "string", "maxLength": 1}, False),
        ("2026-13-01", {"type": "string", "format": "date"}, False),
        ("2026-11-22T10:00", {"type": "string", "format": "date-time"}, True),
        (1, {"type": "integer", "minimum": 2}, False),
        (1.0, {"type": "integer"}, True),
        (1, {"type": "number", "exclusiveMinimum": 1}, False),
        (True, {"type": "integer"}, False),
        (True, {"type": "boolean"}, True),
        (None, {"type": ["string", "null"]}, True),
        ("c", {"enum": ["a", "b"]}, False),
        ([1, "x"], {"type": "array", "items": {"type": "integer"}}, False),
        ([1], {"type": "array", "minItems": 2}, False),
        ({"a": 1}, {"type": "object", "properties": {}, "additionalProperties": False}, False),
        ({}, {"type": "object", "required": ["a"]}, False),
        ({"a": 1}, {"type": "object", "properties": {"a": {"type": "string"}}}, False),
        ("x", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, False),
        ("x", {"const": "y"}, False),
        (1, {"type": "integer", "minimum": "much"}, False),
        ("x", {"anyOf": 3}, False),
    ],
)
def test_checks_values(value: object, schema: dict[str, object], good: bool) -> None:
    assert fits(value, schema) is good


def test_a_tools_pattern_cannot_keep_the_host_busy() -> None:
    assert fits("a" * 40 + "!", {"type": "string", "pattern": "^(a+)+$"})
