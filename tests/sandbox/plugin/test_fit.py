"""What a manifest must ask for is known before any code runs."""

from __future__ import annotations

import tomllib
from dataclasses import fields

from lumosai_sandbox.artefacts import Shape
from lumosai_sandbox.fit import FREE, needed
from lumosai_sdk import wit
from lumosai_sdk.permissions import Permissions


def test_every_interface_is_free_or_has_the_line_that_asks_for_it() -> None:
    shape = Shape(tuple(map(wit.qualified, wit.imports())), (), ours=True, wasi=False)
    lines = needed(shape)
    assert len(lines) == len(wit.imports()) - len(FREE)
    assert tomllib.loads("\n".join(lines.values())).keys() == lines.keys()
    assert lines.keys() <= {f.name for f in fields(Permissions)}


def test_what_is_free_and_what_is_not_of_the_contract_needs_nothing() -> None:
    names = ("lumos:plugin/log@1.0.0", "wasi:clocks/monotonic-clock@0.2.0", "lumos:plugin/model@1.0.0")
    assert needed(Shape(names, (), ours=True, wasi=True)).keys() == {"models"}
