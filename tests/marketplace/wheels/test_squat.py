from __future__ import annotations

import pytest

from lumosai_marketplace.names import Name
from lumosai_marketplace.wheels.squat import MOST, Known, near

OURS = ["acme-weather", "github-issues", "stripe-payments", "openmeteo-forecast-hourly", "kiwi-pdf", "python-requests"]
KNOWN = Known([*OURS, *(f"vendor{i}-unrelated{i * i}" for i in range(300))])

TYPOS = ["acm/weather", "acmme/weather", "amce/weather", "acne/weather", "acmee/weather", "scme/weather"]
LOOKS = ["acrne/weather", "acme1/weather", "acm3/weather", "githvb/issues", "githu8/issues", "str1pe/payments"]
SEPARATORS = [
    "acmeweather/x",
    "acmew/eather",
    "ac/me-weather",
    "openmeteoforecast/hourly",
    "openm/eteo-forecast-hourly",
]
WORDS = ["weather/acme", "official/acme-weather", "lumos/acme-weather", "payments/stripe", "issues/github-official"]
NAMESPACES = ["acmehq/weather", "getacme/weather", "acmeinc/weather-official", "realgithub/issues", "acmeai/wheather"]
BOTH = ["acne/wheather", "acme1/waether", "githud/isues"]


@pytest.mark.parametrize("text", [*TYPOS, *LOOKS, *SEPARATORS, *WORDS, *NAMESPACES, *BOTH])
def test_an_imitation_is_found(text: str) -> None:
    found = near(Name.parse(text), KNOWN)
    assert found
    assert found[0].name in OURS
    assert found[0].reason != "plugin"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("acrne/weather", "looks"),
        ("ac/me-weather", "looks"),
        ("amce/weather", "typo"),
        ("weather/acme", "words"),
        ("acmelabs/weather", "namespace"),
        ("elsewhere/wheather", "plugin"),
    ],
)
def test_it_is_told_why(text: str, reason: str) -> None:
    assert near(Name.parse(text), KNOWN)[0].reason == reason


@pytest.mark.parametrize("text", ["zebra/calendar", "other/weather", "elsewhere/notes", "kilo/pdf", "acmeter/gauge"])
def test_an_honest_name_is_left_alone(text: str) -> None:
    assert near(Name.parse(text), KNOWN) == []


def test_names_of_ones_own_namespace_are_ones_own() -> None:
    assert near(Name.parse("acme/wheather"), KNOWN) == []
    assert near(Name.parse("acme/weather"), KNOWN) == []


def test_what_looks_the_same_comes_first() -> None:
    known = [*OURS, "acmo-weather", "acmehq-weather", "acme0-weather"]
    assert near(Name.parse("acrne/weather"), known)[0].name == "acme-weather"
    scores = [n.score for n in near(Name.parse("acrne/weather"), known)]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("form", ["acme/weather", "acme_weather", "Acme.Weather", "\uff21cme-weather", "acme--weather"])
def test_names_are_known_in_all_forms(form: str) -> None:
    assert near(Name.parse("acrne/weather"), [form])[0].name == "acme-weather"


def test_names_of_other_indexes_count_too() -> None:
    assert near(Name.parse("acme/weather"), ["acmeweather"])[0].reason == "looks"
    assert near(Name.parse("lumos/requests"), KNOWN)[0].name == "python-requests"


def test_not_more_are_told_than_can_be_read() -> None:
    known = Known(f"acme{a}{b}-weather" for a in "abcdefgh" for b in "abcdefgh")
    assert len(near(Name.parse("acme/weather"), known)) == MOST


def test_names_are_added_as_they_come() -> None:
    known = Known()
    assert near(Name.parse("amce/weather"), known) == []
    known.add("acme/weather")
    assert list(known) == ["acme-weather"]
    assert near(Name.parse("amce/weather"), known)[0].name == "acme-weather"


@pytest.mark.parametrize("text", ["ab/c", "a1/b", "x9/" + "z" * 61])
def test_names_of_any_length_can_be_asked_for(text: str) -> None:
    assert near(Name.parse(text), ["", "-", "a", "ab", *OURS]) is not None
