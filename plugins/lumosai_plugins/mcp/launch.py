"""How a stdio server is started: what it may see of this machine, and of whoever started the host.

The owner runs it, and it comes from strangers. It gets PATH, LANG, a HOME of its own and what the owner wrote, no other
variable; a session of its own, so that it ends with all it has started; and where the kernel can, the launcher of the
sandbox holds it: it reads the system, its own program and what the owner named, and writes what the owner named.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from lumosai_plugins.mcp.settings import ServerSettings
    from lumosai_sdk.types.plugins import PluginContext

LAUNCHER = "lumosai_sandbox.jail.launch"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/etc", "/nix/store", "/sys")
# Not all of /proc: it tells the variables, and so the secrets, of every other process of the same person.
_PROC = ("cpuinfo", "filesystems", "loadavg", "meminfo", "self", "stat", "sys", "uptime", "version")
_MAX_HOPS = 16
_SHEBANG = 256
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to be: its command, all of its environment, and where it begins."""

    command: tuple[str, ...]
    env: dict[str, str]
    cwd: Path


def launch(settings: ServerSettings, context: PluginContext) -> Launch:
    """Return how a server is started; it gets a folder of its own in the plugin's data folder.

    Raises ConfigError for a program that is not there, a secret that is not set, isolation that cannot be had, or a
    right to write that would be one to everything.
    """
    home, base = context.data_dir / "servers" / settings.name, context.base
    _check_writes(settings, context)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    (home / "tmp").mkdir(exist_ok=True, mode=0o700)
    program = find(settings, base)
    env = environment(settings, home)
    cwd = (base / settings.cwd).absolute() if settings.cwd else home
    if not cwd.is_dir():
        raise ConfigError(f"[plugins.mcp.settings.servers.{settings.name}] cwd: there is no folder {cwd}")
    command = (program, *settings.args)
    if os.name == "posix":
        policy = json.dumps(_policy(settings, program, env, (home, cwd, base)))
        command = (sys.executable, "-I", "-m", LAUNCHER, policy, *command)
    elif settings.isolation == "require":
        raise ConfigError(f"the MCP server {settings.name!r} cannot be isolated on this system")
    return Launch(command, env, cwd)


def _check_writes(settings: ServerSettings, context: PluginContext) -> None:
    """Raise ConfigError for a folder in which a server could change what holds it."""
    kept = [p.resolve() for p in (context.config, context.data_dir, Path.home() / ".ssh") if p is not None]
    for path in _absolute(settings.write, context.base):
        if any(k.is_relative_to(Path(path).resolve()) for k in kept):
            raise ConfigError(
                f"[plugins.mcp.settings.servers.{settings.name}] write: {path} holds the host's own files",
                hint="name a folder below it",
            )


def find(settings: ServerSettings, base: Path) -> str:
    """Return the path of a server's program. Raises ConfigError."""
    command = settings.command or ""
    written = str(base / command) if os.sep in command else command
    beside = str(Path(sys.executable).parent)
    found = shutil.which(written) or shutil.which(written, path=beside)
    if found is None:
        raise ConfigError(
            f"the MCP server {settings.name!r}: there is no program {command!r}",
            hint=f"install it, or write its whole path in [plugins.mcp.settings.servers.{settings.name}] command",
        )
    return str(Path(found).absolute())


def environment(settings: ServerSettings, home: Path) -> dict[str, str]:
    """Return all variables a server sees. Raises ConfigError for a secret that is not set."""
    kept = {n: os.environ[n] for n in ("PATH", "SYSTEMROOT", "PATHEXT", "COMSPEC") if n in os.environ}
    lang = {"LANG": os.environ.get("LANG", "C.UTF-8")}
    own = {"HOME": str(home), "TMPDIR": str(home / "tmp")}
    secrets = {n: s.reveal() for n, s in settings.secret_env.items()}
    return {**kept, **lang, **own, **settings.env, **secrets}


def _policy(settings: ServerSettings, program: str, env: dict[str, str], places: tuple[Path, Path, Path]) -> object:
    home, cwd, base = places
    private = (base.absolute(), Path.home())
    return {
        "isolate": settings.isolation != "off",
        "require": settings.isolation == "require",
        "network": settings.network,
        "memory": settings.memory_mib * _MIB,
        "env": sorted(env),
        "read": [
            *_SYSTEM,
            *(f"/proc/{p}" for p in _PROC),
            *programs(program, private),
            str(cwd),
            *_absolute(settings.read, base),
        ],
        "write": [str(home), *_absolute(settings.write, base)],
    }


def _absolute(paths: Sequence[str], base: Path) -> list[str]:
    return [str((base / Path(p).expanduser()).absolute()) for p in paths]


def programs(program: str, private: tuple[Path, ...]) -> list[str]:
    """Return the folders a program needs to run: its own, its interpreter's, and those that links lead to.

    Of ``<folder>/bin/<program>`` it is the folder, unless one of *private* lies in it: a script in the ``bin`` of a
    home folder does not open that home.
    """
    found: dict[str, None] = {}
    for path in (program, *_interpreter(program)):
        for hop in _hops(Path(path)):
            prefix = hop.parent.parent if hop.parent.name in {"bin", "Scripts"} else hop.parent
            wide = prefix == prefix.parent or any(p.is_relative_to(prefix) for p in private)
            found[str(hop if wide else prefix)] = None
    return list(found)


def _hops(path: Path) -> Iterator[Path]:
    """Yield a program's path and, link by link, where it leads."""
    for _ in range(_MAX_HOPS):
        yield path
        if not path.is_symlink():
            break
        path = path.parent / path.readlink()
    yield path.resolve()


def _interpreter(program: str) -> list[str]:
    """Return the program that a script's first line names."""
    try:
        with Path(program).open("rb") as f:
            line = f.readline(_SHEBANG)
    except OSError:
        return []
    words = line[2:].decode("utf-8", "replace").split() if line.startswith(b"#!") else []
    if words and Path(words[0]).name == "env":
        words = [w for w in (shutil.which(w) for w in words[1:] if not w.startswith("-")) if w][:1]
    return words[:1]
