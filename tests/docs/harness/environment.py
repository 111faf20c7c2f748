"""A virtual environment like a reader's: LumosAI and its dependencies are installed, nobody's plugins are."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[3]
_MOON = "lumosai_example_moon"
# What a reader's pip would fetch from an index: here it is the folder of the repository, or is there already.
_PIP = """\
#!{python}
import os, re, sys
FROM_INDEX = {{"lumosai-example-moon": {moon!r}}}
words = []
for word in sys.argv[1:]:
    if re.fullmatch(r"lumosai(\\[.*\\])?", word):
        continue
    words.append(FROM_INDEX.get(word, word))
offline = ["--offline", "--no-deps", "--no-build-isolation"] if words[0] == "install" else []
words = [w for w in words if w != "-y"]
if words != ["install"]:
    os.execv({uv!r}, ["uv", "pip", words[0], "--quiet", "--python", {python!r}, *offline, *words[1:]])
"""
_LUMOS = """\
#!{python}
import sys
from lumosai.cli.main import main
sys.exit(main())
"""


def make(folder: Path) -> Path:
    """Make the environment in *folder* and return its ``bin``. Links, not copies: it is there in an instant."""
    venv.create(folder, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.lstrip("_").startswith(_MOON) and entry.name != "__pycache__":
            (site / entry.name).symlink_to(entry)
    binaries = Path(sysconfig.get_path("scripts", vars={"base": str(folder)}))
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    moon = str(ROOT / "plugins" / _MOON.replace("_", "-"))
    for name, text in {"pip": _PIP, "lumos": _LUMOS}.items():
        script = binaries / name
        script.write_text(text.format(python=str(binaries / "python"), moon=moon, uv=uv), encoding="utf-8")
        script.chmod(0o755)
    return binaries


def variables(home: Path, binaries: Path, cache: Path) -> dict[str, str]:
    """Return the environment variables of a reader who has set none."""
    return {
        "PATH": os.pathsep.join([str(binaries), os.environ.get("PATH", "")]),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(cache),
        "UV_CACHE_DIR": str(cache / "uv"),
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TERM": "dumb",
        "TZ": "UTC",
    }
