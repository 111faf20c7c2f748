"""``build``: sources in, a component, its manifest and a wheel out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lumosai_sdk.building import manifest, project, wheel
from lumosai_sdk.building.project import Project
from lumosai_sdk.building.steps import BuildError, Sandbox, Say
from lumosai_sdk.manifest import FILE_NAME

OUT = "dist"
Compile = Callable[[Project, Path, Say], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build left behind."""

    wasm: Path
    manifest: Path
    wheel: Path | None


def _quietly(_: str) -> None: ...


def build(
    folder: Path,
    *,
    out: Path | None = None,
    say: Say = _quietly,
    sandbox: Sandbox | None = None,
    pack: bool = True,
) -> Built:
    """Build the plugin in *folder* into *out* (its ``dist``), a wheel too unless *pack* is False.

    *sandbox* makes components of core modules, and asks a component what it is; without it C, Zig and Rust cannot be
    built, and the manifest must say all there is to say. Raises BuildError, ManifestError and MissingToolError.
    """
    what = project.read(folder)
    target = out or folder / OUT
    if out is None and target.is_symlink():  # who wrote the sources chose where it leads
        raise BuildError(f"{target} is a link; what is built would be written elsewhere", hint="name another: --out")
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".lumos-", dir=target) as name:
        wasm = Path(name) / manifest.MODULE
        compiler(what.language, sandbox)(what, wasm, say)
        described = _described(wasm, sandbox, say)
        text = manifest.merged(what, described)
        told = Path(name) / FILE_NAME
        told.write_text(text, encoding="utf-8")
        say("packing the wheel") if pack else None
        packed = wheel.write(what, wasm.read_bytes(), text, Path(name)) if pack else None
        # Put in the place of what is there, links too: nothing is written through one.
        made = [f.replace(target / f.name) for f in (wasm, told, *([packed] if packed else []))]
    return Built(made[0], made[1], made[2] if pack else None)


def _described(wasm: Path, sandbox: Sandbox | None, say: Say) -> Mapping[str, Any]:
    if sandbox is None:
        return {}
    say("asking the component what it is")
    return sandbox.describe(wasm)


def compiler(language: str, sandbox: Sandbox | None) -> Compile:
    """Return what makes components of *language*."""
    if language == "python":
        from lumosai_sdk.building import python

        return python.component
    if language == "js":
        from lumosai_sdk.building import javascript

        return javascript.component
    from lumosai_sdk.building import native

    if sandbox is None:
        raise BuildError(
            f"a plugin in {language} is made a component by the sandbox", hint="pip install 'lumosai[sandbox]'"
        )
    return native.compiler(language, sandbox)
