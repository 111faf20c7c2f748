"""C, Zig and Rust to a core module, and that to a component; without a WASI in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from lumosai_sdk.building import toolchain
from lumosai_sdk.building.project import Project
from lumosai_sdk.building.steps import BuildError, Sandbox, Say, run

_HERE = Path(__file__).parent
_TARGET = "wasm32-freestanding"
_PAGE = 65_536
_STACK = 4 * _PAGE
"""In bytes. It lies below the data, so that one that overflows ends the call instead of writing over the data."""


def compiler(language: str, sandbox: Sandbox) -> Callable[[Project, Path, Say], None]:
    """Return what makes components of *language*: it raises BuildError, MissingToolError, and what *sandbox* raises."""

    def component(project: Project, out: Path, say: Say) -> None:
        if project.source is None:
            raise BuildError(f"{project.folder}: there is no source")
        with TemporaryDirectory(prefix="lumos-build-") as name:
            folder = Path(name)
            say(f"compiling {project.source.relative_to(project.folder)}")
            _COMPILERS[language](project, project.source, folder)
            out.write_bytes(sandbox.componentize((folder / "core.wasm").read_bytes()))

    return component


def _c(project: Project, source: Path, folder: Path) -> None:
    options = ["-Oz", "-std=c17", "-Wall", "-nostdlib", "-fno-ident", "-g0", "-s", "-mbulk-memory"]
    linking = ["-Wl,--no-entry", f"-Wl,-z,stack-size={_STACK}"]
    sources = sorted(str(p.relative_to(project.folder)) for p in source.parent.rglob("*.c"))
    command = [*toolchain.zig("C"), "cc", f"--target={_TARGET}", *options, *linking, "-I", str(_HERE / "c")]
    _zig([*command, "-o", str(folder / "core.wasm"), *sources], project)


def _zig_source(project: Project, source: Path, folder: Path) -> None:
    options = ["-target", _TARGET, "-fno-entry", "-rdynamic", "-O", "ReleaseSmall", "-fstrip", "--stack", str(_STACK)]
    root = source.relative_to(project.folder)
    modules = ["--dep", "lumos", f"-Mroot={root}", f"-Mlumos={_HERE / 'zig' / 'lumos.zig'}"]
    _zig([*toolchain.zig("Zig"), "build-exe", *options, *modules, f"-femit-bin={folder / 'core.wasm'}"], project)


def _zig(command: list[str], project: Project) -> None:
    cache = toolchain.cache() / "toolchains" / "zig"
    env = toolchain.environment(ZIG_GLOBAL_CACHE_DIR=str(cache), ZIG_LOCAL_CACHE_DIR=str(cache))
    run(command, cwd=project.folder, env=env, what="zig")


def _rust(project: Project, source: Path, folder: Path) -> None:
    rustc = toolchain.rustc()
    options = ["--edition=2021", "-Copt-level=s", "-Cpanic=abort", "-Cstrip=symbols", "-Clto=yes", "-Ccodegen-units=1"]
    paths = [f"--remap-path-prefix={_HERE}=lumos", f"--remap-path-prefix={project.folder.absolute()}=."]
    library = folder / "liblumos.rlib"
    rlib = [*rustc, *options[:3], *paths, "--crate-type=rlib", "--crate-name=lumos", "-o", str(library)]
    env = toolchain.environment()
    run([*rlib, str(_HERE / "rust" / "lumos.rs")], cwd=project.folder, env=env, what="rustc")
    stack = [f"-Clink-arg=-zstack-size={_STACK}", "-Clink-arg=--stack-first"]
    kind = ["--crate-type=cdylib", "--crate-name=plugin", "--extern", f"lumos={library}"]
    names = ["-o", str(folder / "core.wasm"), str(source.relative_to(project.folder))]
    run([*rustc, *options, *paths, *stack, *kind, *names], cwd=project.folder, env=env, what="rustc")


_COMPILERS: dict[str, Callable[[Project, Path, Path], None]] = {"c": _c, "zig": _zig_source, "rust": _rust}
