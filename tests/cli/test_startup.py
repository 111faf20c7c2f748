from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai.version import __version__

HEAVY = {
    "aiohttp",
    "asyncio",
    "fastapi",
    "importlib.metadata",
    "jsonschema_rs",
    "lumosai.host",
    "numpy",
    "packaging",
    "pathlib",
    "prompt_toolkit",
    "pydantic",
    "rich",
    "ssl",
    "tomlkit",
    "uvicorn",
}
PROBE = """
import json, sys
from lumosai.cli.main import main
code = main(sys.argv[1:])
json.dump([code, sorted(sys.modules)], sys.stderr)
"""


def modules_after(*words: str) -> set[str]:
    import json

    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, timeout=60, check=True)
    code, modules = json.loads(done.stderr)
    assert code == 0
    return set(modules)


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["plugin", "list"], ["plugin", "list", "--json"]])
def test_nothing_heavy_is_imported_on_the_warm_path(words: list[str]) -> None:
    modules_after("plugin", "list")  # makes the index
    assert modules_after(*words) & (HEAVY | {"tomllib"}) == set()


def test_the_version_needs_neither_parser_nor_index() -> None:
    assert modules_after("--version") & {"argparse", "lumosai.plugins.index"} == set()


def test_a_configuration_costs_a_toml_parser_and_no_more(configure: Callable[..., Path]) -> None:
    configure("[plugins.time]\nenabled = false\n")
    modules_after("plugin", "list")
    modules = modules_after("plugin", "list")
    assert "tomllib" in modules
    assert modules & (HEAVY - {"pathlib"}) == set()


def test_no_plugin_is_imported_to_be_listed(add_plugin: Callable[..., Path], configure: Callable[..., Path]) -> None:
    manifest = '[[contributes.command]]\nid = "trap.trap"\ntarget = "trap.code:C"\n'
    add_plugin("trap", manifest, __init__="raise ImportError('listed, not imported')")
    configure(host='plugin_paths = ["plugins"]')
    modules = modules_after("plugin", "list")
    modules |= modules_after("--help")
    assert not {m for m in modules if m == "trap" or m.startswith(("trap.", "lumosai_plugins."))}


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version(cli: Callable[..., Any], flag: str) -> None:
    done = cli(flag)
    assert (done.code, done.out) == (0, f"lumos {__version__}\n")


def test_both_names_and_the_module_are_the_same_command() -> None:
    scripts = Path(sys.executable).parent
    for command in ([str(scripts / "lumos")], [str(scripts / "lumosai")], [sys.executable, "-m", "lumosai"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout == f"lumos {__version__}\n"
