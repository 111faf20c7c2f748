# ruff: noqa: RUF043 - a test says what it expects where it expects it
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai.validation import MAX_ERRORS, Validator
from lumosai_sdk.errors import InputError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
CHOOSY = {
    "properties": {"a": {"type": "string", "pattern": "^x", "minLength": 2}, "u": {"uniqueItems": True}},
    "additionalProperties": {"enum": ["x", 1, None], "multipleOf": 0.1},
}


def test_errors_say_where_and_are_few() -> None:
    validator = Validator({"type": "array", "items": {"type": "object", "required": ["days"]}})
    assert validator.errors([{"days": 1}]) == []
    assert validator.errors([{"days": 1}, {}]) == ['1: "days" is a required property']
    assert len(validator.errors([{}] * 100)) == MAX_ERRORS
    assert Validator({"type": "integer"}).errors("x") == ['"x" is not of type "integer"']
    assert Validator({"type": "integer"}, mask="it").errors("secret") == ['it is not of type "integer"']


@pytest.mark.parametrize("value", [{"a": "\ud800"}, {"u": ["\ud800", "x"]}, {"\ud800": 1}, {"b": "\ud800"}, {1: 2}])
def test_what_the_validator_cannot_take_is_not_valid(value: Any) -> None:
    validator = Validator(CHOOSY)
    assert not validator.is_valid(value)
    (error,) = validator.errors(value)
    assert error.startswith("cannot be checked: ")


@given(JSON)
def test_any_value_is_judged_and_both_judgements_agree(value: Any) -> None:
    validator = Validator(CHOOSY)
    assert validator.is_valid(value) == (not validator.errors(value))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "https://attacker.example/x"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/none"},
        {"pattern": "("},
        {"properties": 3},
    ],
)
def test_what_is_no_schema_is_told_and_nothing_is_fetched(schema: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="not a JSON Schema: |references to other documents|refers to"):
        Validator(schema)


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    validator = Validator({"pattern": "^(a+)+$"})
    assert not validator.is_valid("a" * 5000 + "!")
