"""The guard: everything a wheel is held against, in an order that tells the worst first."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lumosai_marketplace.wheels import content, layout, metadata, record, wheelfile
from lumosai_marketplace.wheels.archive import Archive, UnreadableError
from lumosai_marketplace.wheels.filename import Label
from lumosai_marketplace.wheels.findings import Findings
from lumosai_marketplace.wheels.record import Member

if TYPE_CHECKING:
    from lumosai_sdk.manifest import Manifest


class Guard:
    """One look at one wheel. Its methods note findings; ``members``, ``core`` and so on are there after ``look``."""

    def __init__(self, label: Label, archive: Archive, findings: Findings, *, native: bool) -> None:
        self.label = label
        self.core = metadata.Core()
        self.manifest: Manifest | None = None
        self.manifest_text = ""
        self.members: dict[str, Member] = {}
        self.kept: dict[str, bytes] = {}
        self._archive = archive
        self._findings = findings
        self._native = native

    def look(self) -> None:
        """Hold the wheel against every rule but those about its component."""
        layout.check(self.label, [e.name for e in self._archive.entries], self._findings)
        self._look_at_manifest()
        for name in self._archive.files:
            content.check_name(name, self._findings, native=self._native)
        self._look_at_wheel_file()
        self._look_at_metadata()
        self._look_at_members()
        self._look_at_record()

    @property
    def sandboxed(self) -> Manifest | None:
        """The manifest of a plugin whose code is a component."""
        return self.manifest if self.manifest is not None and self.manifest.runtime == "wasm" else None

    def info(self, name: str, most: int) -> tuple[str, bytes | None]:
        """Return a file of the ``.dist-info`` folder: its path, and its bytes where it can be read."""
        path = f"{self.label.info}/{name}"
        return path, self.small(path, most)

    def small(self, path: str, most: int) -> bytes | None:
        """Return a file that has to be small. None, with a finding, where it is not; None where it is not there."""
        entry = self._archive.files.get(path)
        if entry is None or path in self.kept:
            return self.kept.get(path)
        if entry.size > most:
            self._findings.add("size", path, f"it is larger than {most} bytes")
            return None
        data = self._read(path)
        if data is not None:
            self.kept[path] = data
        return data

    def _read(self, path: str) -> bytes | None:
        try:
            return self._archive.read(self._archive.files[path])
        except UnreadableError as e:
            self._findings.add(e.rule, path, str(e))
            return None

    def _look_at_wheel_file(self) -> None:
        path, data = self.info("WHEEL", wheelfile.MAX_BYTES)
        if data is not None:
            wheelfile.check_wheel(path, data, self.label, self._findings, native=self._native)
        path, data = self.info("entry_points.txt", wheelfile.MAX_BYTES)
        if data is not None:
            wheelfile.check_entry_points(path, data, self.label, self._findings)
        path, data = self.info("top_level.txt", wheelfile.MAX_BYTES)
        if data is not None:
            wheelfile.check_top_level(path, data, self.label, self._findings)

    def _look_at_metadata(self) -> None:
        path, data = self.info("METADATA", metadata.MAX_BYTES)
        if data is not None:
            self.core = metadata.read(path, data, self.label, self._findings)
            metadata.check_requirements(path, self.core, self._findings, sandboxed=self.sandboxed is not None)

    def _look_at_manifest(self) -> None:
        from lumosai_marketplace.wheels import manifest

        path = f"{self.label.project}/{manifest.FILE_NAME}"
        manifest.check_single(path, self._archive.files, self._findings)
        data = self.small(path, manifest.MAX_BYTES)
        if data is None:
            return
        self.manifest = manifest.read(path, data, self.label, self._findings)
        self.manifest_text = data.decode("utf-8", "replace")
        if self.sandboxed is not None:
            self._native = False
            self.label.check_pure(self._findings)
        elif self.manifest is not None:
            manifest.check_targets(path, self.manifest, self._archive.files, self._findings, native=self._native)

    def _look_at_members(self) -> None:
        """Unpack everything once, one after another; keep the component."""
        sandboxed = self.sandboxed
        for name in self._archive.files:
            data = self.kept.get(name) or self._read(name)
            if data is None:
                continue
            self.members[name] = Member(name, len(data), hashlib.sha256(data).hexdigest())
            content.check_bytes(name, data, self._findings, native=self._native)
            if sandboxed is not None:
                self._look_at_sandboxed(name, data, sandboxed)

    def _look_at_sandboxed(self, name: str, data: bytes, manifest: Manifest) -> None:
        component = f"{self.label.project}/{manifest.module}"
        if name == component:
            self.kept[name] = data
        elif name.lower().endswith((".wasm", ".wat", ".cwasm")):
            self._findings.add("component", name, f"it is another module than {manifest.module}")
        if name == f"{self.label.project}/__init__.py":
            if not content.is_stub(data):
                self._findings.add("stub", name, "it has more in it than a docstring")
        elif content.is_python(name):
            self._findings.add("stub", name, "it is Python, in the wheel of a sandboxed plugin")

    def _look_at_record(self) -> None:
        path, data = self.info("RECORD", record.MAX_BYTES)
        unread = self._archive.files.keys() - self.members.keys()  # told already
        if data is not None and not unread:
            record.check(path, data, self.members, self._findings)
