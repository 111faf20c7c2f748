"""Messages, in the shape the wire has them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_sdk import ImagePart, InputError, Message, TextPart, ToolCall, ToolError

CALL = ToolCall("c1", "time_now", '{"timezone": "UTC"}')


@pytest.mark.parametrize(
    "message",
    [
        Message.user("Hello"),
        Message.system("Be brief"),
        Message.assistant("Hi"),
        Message.assistant("", (CALL, ToolCall("c2", "x", "{}"))),
        Message.tool("c1", "12:00"),
        Message("user", (TextPart("What is this?"), ImagePart("data:image/png;base64,AA==", "low"))),
        Message("user", "Hi", name="Ada"),
    ],
)
def test_there_and_back(message: Message) -> None:
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message


def test_the_text_of_a_message() -> None:
    assert Message.user("Hello").text == "Hello"
    assert Message.user((TextPart("a"), ImagePart("https://x"), TextPart("b"))).text == "ab"


def test_what_servers_send_beside_the_standard() -> None:
    assert Message.from_json({"role": "developer", "content": "x"}) == Message.system("x")
    assert Message.from_json({"role": "assistant", "content": None, "tool_calls": None}) == Message.assistant()
    assert Message.from_json({"role": "user", "content": [{"type": "input_text", "text": "x"}]}).text == "x"
    nameless = {"id": 7, "function": {"name": "f", "arguments": None}}
    assert ToolCall.from_json(nameless) == ToolCall("7", "f", "{}")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "must be an object, not NoneType"),
        ([], "must be an object"),
        ({}, "role must be one of assistant, system, tool, user, not None"),
        ({"role": "admin"}, "not 'admin'"),
        ({"role": ["user"]}, "role must be one of"),
        ({"role": "user", "name": 3}, "name must be a string, not int"),
        ({"role": "tool", "tool_call_id": ["x"]}, "tool_call_id must be a string, not list"),
        ({"role": "user", "content": 3}, "must be a string or a list of parts, not int"),
        ({"role": "user", "content": ["x"]}, "malformed message part"),
        ({"role": "user", "content": [{"type": "text"}]}, "malformed message part"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}, "malformed message part"),
        ({"role": "user", "content": [{"type": "video"}]}, "unknown type 'video'"),
        ({"role": "assistant", "tool_calls": 3}, "tool_calls must be a list"),
        ({"role": "assistant", "tool_calls": [{}]}, "malformed tool call"),
        ({"role": "assistant", "tool_calls": ["x"]}, "malformed tool call"),
        ({"role": "assistant", "tool_calls": [{"id": "1", "function": "f"}]}, "malformed tool call"),
    ],
)
def test_what_is_no_message_is_said(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Message.from_json(data)


def test_arguments_are_parsed_when_they_are_trusted_enough() -> None:
    assert CALL.parse() == {"timezone": "UTC"}
    assert ToolCall("c", "f", "").parse() == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("{", "are not JSON"),
        ("[" * 100_000, "are not JSON"),
        ("[1]", "must be a JSON object, not list"),
        ("3", "not int"),
    ],
)
def test_bad_arguments_are_told_to_the_model(arguments: str, says: str) -> None:
    with pytest.raises(ToolError, match=says):
        ToolCall("c", "f", arguments).parse()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_LOOSE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "system"]) | _JSON},
    optional={
        "content": st.text()
        | st.lists(st.fixed_dictionaries({"type": st.sampled_from(["text", "image_url"]), "text": _JSON}))
        | _JSON,
        "name": _JSON,
        "tool_calls": st.lists(st.fixed_dictionaries({"id": _JSON, "function": _JSON})) | _JSON,
    },
)


@settings(max_examples=300, deadline=None)
@given(_LOOSE | _JSON)
def test_any_json_is_a_message_or_refused_in_words(data: Any) -> None:
    with contextlib.suppress(InputError):
        message = Message.from_json(data)
        assert Message.from_json(message.to_json()).to_json() == message.to_json()
