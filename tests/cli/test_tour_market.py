"""The tour's marketplace: where it is, what is left out without it, and what is said when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from lumosai.cli import tourbuild, tourmarket, tourshow
from lumosai.cli.tourbuild import NotBuiltError, build
from lumosai.cli.tourmarket import Place, TourMarket, find_place, opened, touring
from lumosai.config.load import load
from lumosai_marketplace.embedded import Seed, Source
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_sdk.errors import InputError

HASH = Source(Name("lumosai", "hash"), "0.1.0", "c", Path("nowhere"))
SCRIPT = Path(__file__).parents[2] / "plugins" / "lumosai-hash"


@pytest.fixture
def place(folder: Path) -> Iterator[Place]:
    made = find_place(folder, port=0)
    yield made
    made.close()


# --- where it is


def test_each_port_has_a_folder_of_its_own_and_a_second_tour_goes_back_to_it(folder: Path) -> None:
    with contextlib.closing(find_place(folder, port=0)) as first:
        assert first.folder == folder / ".lumos" / f"tour-{first.port}"
        touring(load(), first)
        with contextlib.closing(find_place(folder, port=0)) as beside:
            assert beside.port != first.port  # taken: another tour is on
    with contextlib.closing(find_place(folder, port=first.port)) as meant:
        assert meant.port == first.port
    with contextlib.closing(find_place(folder, port=0)) as again:
        assert again.folder == first.folder


def test_the_port_that_is_meant_has_the_plain_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(find_place(folder, port=0)) as free:
        port = free.port
    monkeypatch.setattr(tourmarket, "PORT", port)
    with contextlib.closing(find_place(folder, port=port)) as place:
        assert place.folder == folder / ".lumos" / "tour"


def test_a_tour_sees_its_own_plugins_and_leaves_the_owners_files_alone(folder: Path, place: Place) -> None:
    (folder / "lumos.toml").write_text('[host]\ndata_dir = "elsewhere"\n')
    own = load()
    tour = touring(own, place)
    assert tour.config is own.config
    assert tour.data_dir == folder / "elsewhere"
    assert Path(tour.delivered.lock) == place.folder / "lumos.lock"
    assert Path(tour.delivered.store) == place.folder / ".lumos" / "store"
    assert sorted(p.name for p in folder.iterdir()) == [".lumos", "lumos.toml"]
    assert load(place.config).config.marketplace.index == place.url
    assert load(place.config).delivered == tour.delivered


async def test_what_its_owner_writes_into_the_tours_configuration_stays(folder: Path, place: Place) -> None:
    touring(load(), place)
    with place.config.open("a") as f:
        f.write("# mine\n")
    touring(load(), place)
    assert place.config.read_text().endswith("# mine\n")


# --- what is left out


async def test_without_a_checkout_there_is_no_marketplace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tourmarket, "CHECKOUT", folder)
    own = load()
    assert opened(own, 0) == (own, None)
    assert not (folder / ".lumos").exists()


async def test_what_is_not_installed_is_named_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = {"wasmtime", "obstore"}
    monkeypatch.setattr(tourmarket, "find_spec", lambda name: None if name in missing else object())
    own = load()
    assert opened(own, 0) == (own, None)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install 'lumosai[sandbox,marketplace-server]'" in said


async def test_who_has_plugins_of_their_own_is_told_where_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lumos.toml").write_text("")
    (folder / "lumos.lock").write_text("version = 1\n")
    tour, market = opened(load(), 0)
    assert market is not None
    market.place.close()
    assert isinstance(tour, tourmarket.Touring)
    assert f"{folder / 'lumos.lock'} are there again without --tour" in capsys.readouterr().err
    assert (folder / "lumos.lock").read_text() == "version = 1\n"


async def test_a_folder_that_cannot_be_written_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".lumos").write_text("a file")
    own = load()
    assert opened(own, 0) == (own, None)
    assert "the tour leaves out the marketplace" in capsys.readouterr().err


# --- what is said when it fails


class Stopped:
    """A marketplace that is not what it should be."""

    def __init__(self, place: Place, *seeds: Seed, problem: Exception | None = None) -> None:
        self.market = TourMarket(place)
        self.market.problem = problem
        if seeds:
            self.market.seeding = cast("Any", self)
        self.seeds = list(seeds)
        self.market.started.set()
        self.market.filled.set()

    def find(self, plugin: str) -> Seed | None:
        return next((s for s in self.seeds if s.source.name.plugin == plugin), None)


def seed(state: Any = "there", why: str = "", hint: str = "", source: Source = HASH, *, new: bool = False) -> Seed:
    made = Seed(source, state, why, hint, new)
    made.settled.set()
    return made


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (InputError("the folder is broken", hint="rm -r it"), ["lumos: the folder is broken", "hint: rm -r it"]),
        (RefusedError("tuf.expired", "too old"), ["refused (tuf.expired): too old"]),
        (OSError(28, "No space left on device"), ["No space left on device"]),
    ],
)
async def test_a_marketplace_that_does_not_start(
    place: Place, capsys: pytest.CaptureFixture[str], problem: Exception, said: list[str]
) -> None:
    market = Stopped(place, problem=problem).market
    assert not await tourshow.visit(cast("Any", None), "http://127.0.0.1:1", market)
    err = capsys.readouterr().err
    assert all(line in err for line in [*said, "the host serves on"])
    await tourshow.rest(market)
    assert capsys.readouterr() == ("", "")


async def test_a_plugin_that_could_not_be_built(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    market = Stopped(place, seed("left out", "ziglang is not installed\nmore", "pip install ziglang")).market
    assert not await tourshow.visit(cast("Any", None), "http://127.0.0.1:1", market)
    said = capsys.readouterr().err
    assert "lumosai/hash could not be published: ziglang is not installed" in said
    assert "hint: pip install ziglang" in said
    await tourshow.rest(market)
    assert "marketplace: without hash: ziglang is not installed; make plugins says" in capsys.readouterr().out


async def test_a_checkout_without_the_plugin(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    other = Source(Name("lumosai", "other"), "1", "c", Path("nowhere"))
    market = Stopped(place, seed(source=other, new=True)).market
    assert not await tourshow.visit(cast("Any", None), "http://127.0.0.1:1", market)
    assert "this checkout has no plugin hash" in capsys.readouterr().err
    await tourshow.rest(market)
    assert capsys.readouterr().out == "marketplace: it has other\n"


# --- building


async def test_a_build_that_fails_says_what_the_command_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("nonsense")
    with pytest.raises(NotBuiltError) as caught:
        await build(Source(Name("lumosai", "hash"), "0.1.0", "c", tmp_path), tmp_path / "out")
    assert caught.value.message
    assert "Traceback" not in caught.value.message
    assert not caught.value.message.startswith("lumos:")


@pytest.mark.skipif(os.name != "posix", reason="process groups")
async def test_a_build_ends_with_the_tour_and_its_compilers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "python"
    compiler.write_text(f"#!/bin/sh\nsleep 300 & echo $! > {tmp_path}/child\nwait\n")
    compiler.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(compiler))
    task = asyncio.create_task(build(HASH, tmp_path / "out"))
    child = tmp_path / "child"
    while not (child.exists() and child.read_text().strip()):
        assert not task.done()
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pid = int(child.read_text())
    while _runs(pid):  # noqa: ASYNC110 - the kernel tells nobody
        await asyncio.sleep(0.01)


def _runs(pid: int) -> bool:
    """Tell whether a process is there and has not ended: one that nobody has waited for yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_a_build_has_the_tools_that_make_plugins_brings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lumos").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("LUMOS_CONFIG", "x")
    monkeypatch.delenv("LUMOS_CACHE", raising=False)
    assert tourbuild._environment()["LUMOS_CACHE"] == str(tmp_path / "lumos")
    assert "LUMOS_CONFIG" not in tourbuild._environment()
    monkeypatch.setenv("LUMOS_CACHE", "mine")
    assert tourbuild._environment()["LUMOS_CACHE"] == "mine"
