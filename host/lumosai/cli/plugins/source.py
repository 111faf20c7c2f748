"""A plugin's folder as its author keeps it, and where its manifest lies for each runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lumosai_sdk.errors import InputError
from lumosai_sdk.manifest import FILE_NAME, Manifest, load

SCRATCH, WASM = ".lumos", "wasm"


@dataclass(frozen=True, slots=True)
class Source:
    """``home`` is the folder of the manifest; ``buildable`` tells whether there is a project around it."""

    folder: Path
    home: Path
    language: str
    buildable: bool

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is now. Raises ManifestError."""
        return load(self.home / FILE_NAME)

    def staged(self) -> Path:
        """Return where it is built to while it is developed: alone in its parent folder, for a host to find."""
        return self._scratch() / WASM / self.home.name

    def native(self) -> Path:
        """Return the folder of the manifest for a host to load it from as it is: alone in its parent folder.

        Beside the sources lies what was built, and a host would find the plugin twice.
        """
        if not self.buildable:
            return self.home
        link = self._scratch() / "native" / self.home.name
        try:
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists() or not link.samefile(self.home):
                link.unlink(missing_ok=True)
                link.symlink_to(self.home, target_is_directory=True)
        except OSError:  # a system without links for everybody
            return self.home
        return link

    def check(self) -> None:
        """Read the Python there is. Raises InputError naming file and line for what is none."""
        for path in sorted(self.home.rglob("*.py")):
            try:
                compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as e:
                line = f":{e.lineno}" if isinstance(e, SyntaxError) and e.lineno else ""
                raise InputError(f"{path.relative_to(self.folder)}{line}: {getattr(e, 'msg', e)}") from None

    def _scratch(self) -> Path:
        """Return the folder of what is made along the way, which git is told to leave alone."""
        folder = self.folder / SCRATCH
        for part in (folder, folder / WASM, folder / WASM / self.home.name, folder / "native"):
            if part.is_symlink():  # who wrote the sources chose where it leads
                raise InputError(f"{part} is a link; what is made would be written elsewhere", hint="remove it")
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder

    @property
    def runtimes(self) -> tuple[str, ...]:
        """In which runtimes it can be loaded, the quickest to load first."""
        return (*(("python",) if self.language == "python" else ()), *(("wasm",) if self.buildable else ()))

    def chosen(self, wanted: str | None) -> str:
        """Return *wanted*, or the quickest. Raises InputError for one it has not."""
        if wanted is not None and wanted not in self.runtimes:
            raise InputError(
                f"{self.home.name} cannot be loaded in the runtime {wanted!r}; it can in: {', '.join(self.runtimes)}"
            )
        return wanted or self.runtimes[0]


def source(folder: Path) -> Source:
    """Look at a plugin's folder. Raises InputError for none, BuildError and ManifestError naming file and key."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", hint="lumos plugin new NAME")
    folder = folder.absolute()
    if (folder / FILE_NAME).is_file() and not (folder / "pyproject.toml").is_file():
        return Source(folder, folder, "python", buildable=False)
    from lumosai_sdk.building.project import read

    project = read(folder)
    return Source(folder, project.home, project.language, buildable=True)
