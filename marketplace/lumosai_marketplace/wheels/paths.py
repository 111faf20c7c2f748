"""Names of members: what every operating system keeps as it is, and no two take for one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lumosai_marketplace.wheels.findings import Findings

MAX_PATH = 240
MAX_SEGMENT = 120
MAX_DEPTH = 24
_FORBIDDEN = frozenset('\\:*?"<>|')
_SHORT = re.compile(r"[^.]{1,6}~\d+(?:\.[^.]{0,3})?", re.ASCII)
"""What Windows calls a file with a longer name, too."""
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check(name: str, findings: Findings) -> None:
    """Find what is wrong with one name. Folders end with a slash."""
    if any(_is_unseen(c) for c in name):
        findings.add("control-character", name, "a character of its name cannot be seen")
    path = name.removesuffix("/")
    segments = path.split("/")
    why = _wrong_path(name, path, segments) or next((w for s in segments if (w := _wrong_segment(s))), "")
    if why:
        findings.add("path", name, why)
    if any(_DEVICE.fullmatch(s) for s in segments):
        findings.add("reserved-name", name, "Windows has a device of that name")


def _is_unseen(character: str) -> bool:
    if " " <= character <= "~":
        return False
    kind = unicodedata.category(character)
    return kind in _UNSEEN or kind == "Zs"


def _wrong_path(name: str, path: str, segments: list[str]) -> str:
    if not path or name.startswith("/"):
        return "it is absolute, or nothing"
    if len(name) > MAX_PATH or len(segments) > MAX_DEPTH:
        return f"it is longer than {MAX_PATH} characters or deeper than {MAX_DEPTH} folders"
    if not unicodedata.is_normalized("NFC", name):
        return "its letters are not composed (NFC): some file systems would rename it"
    return ""


def _wrong_segment(segment: str) -> str:
    if segment in {"", ".", ".."}:
        return f"{segment!r} is no name of a file or folder"
    if found := sorted(_FORBIDDEN & set(segment)):
        return f"{found[0]!r} is not allowed in names"
    if segment != segment.strip(" ") or segment.endswith("."):
        return "spaces at the ends of a name and dots behind it are dropped by some systems"
    if len(segment.encode("utf-8", "surrogatepass")) > MAX_SEGMENT:
        return f"a part of it is longer than {MAX_SEGMENT} bytes"
    if _SHORT.fullmatch(segment):
        return "it is what Windows calls another file, too"
    return ""


def folded(name: str) -> str:
    """Return what is the same for names that some file system or Python takes for one."""
    if name.isascii():
        return name.lower()
    composed = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", composed)


def check_clashes(names: Iterable[str], findings: Findings) -> None:
    """Find names that are one on some system: in another case or form, and a file where a folder is."""
    seen: dict[str, tuple[str, bool]] = {}
    folders: set[str] = set()
    for name in names:
        path, folder = name.removesuffix("/"), name.endswith("/")
        while path and not (folder and path in folders):
            spelling, was_folder = seen.setdefault(folded(path), (path, folder))
            if spelling != path:
                findings.add("clash", name, f"{path!r} and {spelling!r} are one on some systems")
                break
            if was_folder != folder:
                findings.add("clash", name, f"{path!r} is a file and a folder")
                break
            if folder:
                folders.add(path)
            path, folder = path.rpartition("/")[0], True
