"""The error tree: what every error says to people and to machines."""

from __future__ import annotations

import pytest

from lumosai_sdk import errors
from lumosai_sdk.errors import (
    LimitExceededError,
    LumosError,
    MissingExtraError,
    ModelError,
    NotFoundError,
    PluginError,
    Suspend,
)

TREE = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, LumosError)]


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    codes = [e.code for e in TREE]
    assert len(codes) == len(set(codes))
    assert all(400 <= e.status < 600 for e in TREE)  # noqa: PLR2004
    assert all(e.__doc__ for e in TREE)


def test_a_hint_is_shown_and_sent() -> None:
    plain, hinted = LumosError("It broke"), LumosError("It broke", hint="lumos mend")
    assert str(plain) == "It broke"
    assert str(hinted) == "It broke\n  hint: lumos mend"
    assert plain.to_json() == {"code": "error", "message": "It broke"}
    assert hinted.to_json() == {"code": "error", "message": "It broke", "hint": "lumos mend"}


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (["weather", "time"], "no tool 'wether'; did you mean 'weather'?"),
        (["b", "a"], "no tool 'wether'; there are: a, b"),
        ([], "no tool 'wether'; there are none"),
        ([str(n) for n in range(9)], "no tool 'wether'; there are: 0, 1, 2, 3, 4, 5, 6, 7, …"),
    ],
)
def test_what_is_not_found_is_offered_from_what_is_there(known: list[str], says: str) -> None:
    error = NotFoundError("tool", "wether", iter(known), hint="lumos tools")
    assert (error.message, error.kind, error.id, error.hint) == (says, "tool", "wether", "lumos tools")


def test_a_plugins_failure_names_it() -> None:
    error = PluginError("demo", "tool 'demo.x'", "it raised", hint="lumos plugin info demo")
    assert error.message == "plugin 'demo': tool 'demo.x': it raised"
    assert (error.plugin, error.what, error.why) == ("demo", "tool 'demo.x'", "it raised")
    assert error.to_json()["plugin"] == "demo"


def test_a_missing_extra_says_what_to_type() -> None:
    assert MissingExtraError("The server", "server").hint == "pip install 'lumosai[server]'"


def test_a_model_error_says_whether_to_try_again() -> None:
    error = ModelError("Busy", retryable=True, retry_after=2.5)
    assert (error.retryable, error.retry_after) == (True, 2.5)
    assert (ModelError("No").retryable, ModelError("No").retry_after) == (False, None)


def test_a_limit_says_how_much_and_of_what() -> None:
    assert LimitExceededError("steps", 16).message == "the run reached its limit of 16 steps"
    assert LimitExceededError("dollars", 0.5).message == "the run reached its limit of 0.5 dollars"


def test_a_suspension_is_not_swallowed_by_a_tools_own_handlers() -> None:
    assert not issubclass(Suspend, Exception)
    assert Suspend("Which?").question == "Which?"
