"""``extract``: exactly the files that the guard has seen, into an empty folder, on the disk before it returns."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lumosai_marketplace.durable import sync, write_new
from lumosai_marketplace.wheels.archive import Archive, UnreadableError
from lumosai_marketplace.wheels.findings import Findings
from lumosai_marketplace.wheels.wheel import Wheel
from lumosai_sdk.errors import ConflictError, StorageError

_FILE, _FOLDER = 0o644, 0o755


def extract(data: bytes, wheel: Wheel, folder: Path) -> None:
    """Write ``wheel.files`` below *folder*, which is there and empty. *data* are the bytes that *wheel* was read from.

    Raises RefusedError for other bytes, ConflictError for a folder that is not empty, StorageError where the disk
    fails; what was written by then is left to the caller, whose folder it is.
    """
    findings = Findings(wheel.filename)
    if hashlib.sha256(data).hexdigest() != wheel.sha256:
        findings.add("checksum", "", "these are other bytes than those that were looked at")
        raise findings.refusal()
    archive = Archive.open(data, findings)
    try:
        if any(folder.iterdir()):
            raise ConflictError(f"{folder} is not empty")
        folders = _make_folders(wheel, folder)
        for member in wheel.files:
            write_new(folder / member.path, _checked(archive, member.path, member.sha256, findings), _FILE)
        for made in (*folders, folder):
            sync(made)
    except OSError as e:
        raise StorageError(f"{e.filename or folder}: {e.strerror}") from None


def _make_folders(wheel: Wheel, folder: Path) -> list[Path]:
    """Make the folders that files lie in; return them, the deepest first."""
    names = {str(p) for m in wheel.files for p in Path(m.path).parents if p != Path()}
    made = [folder / name for name in sorted(names)]
    for path in made:
        path.mkdir(mode=_FOLDER)
        path.chmod(_FOLDER)  # whatever the umask
    return made[::-1]


def _checked(archive: Archive, path: str, sha256: str, findings: Findings) -> bytes:
    try:
        data = archive.read(archive.files[path])
    except (KeyError, UnreadableError) as e:
        findings.add("checksum", path, f"it cannot be read again: {e}")
        raise findings.refusal() from None
    if hashlib.sha256(data).hexdigest() != sha256:
        findings.add("checksum", path, "it is not the file that was looked at")
        raise findings.refusal()
    return data
