"""Reading files: what their ending says decides how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from lumosai_plugins.knowledge.documents import Document
from lumosai_sdk.errors import InputError, LumosError, MissingExtraError, NotFoundError

MAX_BYTES: Final = 64 * 1024**2
MAX_CHARACTERS: Final = 20_000_000
_HERE: Final = "lumosai_plugins.knowledge.loaders"
LOADERS: Final[Mapping[str, str]] = {
    **dict.fromkeys((".txt", ".text", ".log", ".rst"), "plain:text"),
    **dict.fromkeys((".md", ".markdown"), "plain:markdown"),
    **dict.fromkeys((".htm", ".html", ".xhtml"), "html:html"),
    **dict.fromkeys((".csv", ".tsv"), "tables:table"),
    **dict.fromkeys((".json", ".jsonl"), "tables:json"),
    ".pdf": "pdf:pdf",
    ".docx": "docx:docx",
}
"""The ending of a file's name → the module and the function that read it."""


def load(path: Path, source: str) -> Document:
    """Return the document in a file, known as *source*.

    Raises NotFoundError, InputError for what is no such file, or too large, and MissingExtraError.
    """
    name = LOADERS.get(path.suffix.lower())
    if name is None:
        raise InputError(f"{source}: files that end in {path.suffix or 'nothing'} are not read: {' '.join(LOADERS)}")
    raw = _bytes(path, source)
    module, _, function = name.partition(":")
    try:
        loader: Callable[[bytes, str], Document] = getattr(import_module(f"{_HERE}.{module}"), function)
        document = loader(raw, source)
    except LumosError:
        raise
    except ImportError:
        raise MissingExtraError(f"reading {path.suffix} files", "knowledge") from None
    except Exception as e:
        # Parsers of formats as large as these fail in ways that nobody lists.
        raise InputError(f"{source}: it cannot be read as {path.suffix}: {type(e).__name__}: {e}") from e
    if len(document.text) > MAX_CHARACTERS:
        raise InputError(f"{source}: it has {len(document.text)} characters; at most {MAX_CHARACTERS} are read")
    return document


def _bytes(path: Path, source: str) -> bytes:
    try:
        if not path.is_file():
            raise NotFoundError("file", source)
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as e:
        raise InputError(f"{source}: {e.strerror}") from e
    if len(raw) > MAX_BYTES:
        raise InputError(f"{source}: it is larger than {MAX_BYTES // 1024**2} MiB")
    return raw


def found(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files to be read, each with its name as a source: those named, and those of named folders that can be.

    Hidden files are left out, and links out of a folder are not followed. Raises NotFoundError.
    """
    for path in paths:
        if path.is_file():
            yield path, path.as_posix()
        elif path.is_dir():
            root = path.resolve()
            for inner in sorted(path.rglob("*")):
                hidden = any(p.startswith(".") for p in inner.relative_to(path).parts)
                wanted = inner.suffix.lower() in LOADERS and not hidden and inner.is_file()
                if wanted and inner.resolve().is_relative_to(root):
                    yield inner, inner.as_posix()
        else:
            raise NotFoundError("file or folder", str(path))
