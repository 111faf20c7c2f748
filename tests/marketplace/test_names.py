from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_marketplace.names import MAX_LENGTH, NAMESPACE, PLUGIN, Name
from lumosai_sdk.errors import InputError

NAMES = st.builds(
    Name,
    st.from_regex(NAMESPACE, fullmatch=True),
    st.from_regex(PLUGIN, fullmatch=True).map(lambda p: p[:20].rstrip("-")),
)


@given(NAMES)
def test_both_forms_say_the_same(name: Name) -> None:
    assert Name.parse(name.screen) == Name.parse(name.wire) == name


@pytest.mark.parametrize("text", ["acme/weather", "acme-weather", "Acme_Weather", "ACME.weather", "acme__weather"])
def test_it_is_read_as_people_and_wheels_write_it(text: str) -> None:
    assert Name.parse(text) == Name("acme", "weather")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "weather",
            "acme/",
            "/weather",
            "a/b",
            "acme/we ather",
            "acme//weather",
            "acme/weather/x",
            "1acme/weather",
        ),
        *(
            "acme-",
            "acme/-x",
            "acme/x-",
            "acme/x--y",
            "\u0430cme/weather",
            "acme/weather\n",
            "acme/" + "x" * MAX_LENGTH,
        ),
    ],
)
def test_what_is_no_name_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="hint: for example acme/weather"):
        Name.parse(text)
