"""The SDK's public names stay what they are, whatever of it is imported."""

from __future__ import annotations

from pathlib import Path

import lumosai_sdk


def test_no_module_is_called_like_a_public_name() -> None:
    # Importing lumosai_sdk.x sets lumosai_sdk.x to the module: it would take the place of the decorator x.
    modules = {p.stem for p in Path(lumosai_sdk.__file__).parent.iterdir() if p.suffix in {".py", ""}}
    assert modules & set(lumosai_sdk.__all__) == set()
