"""A marketplace in a thread of this process: made once, filled once, found again, deaf to the environment."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.client.wheels import make

from lumosai_marketplace.client.consent import up_to_policy
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.install import Options
from lumosai_marketplace.client.keeper import trust_root
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.session import Session
from lumosai_marketplace.embedded import Embedded, Seeding, Source, listen, sources, start
from lumosai_marketplace.embedded.people import AUTHOR
from lumosai_marketplace.embedded.serving import made, settings_for
from lumosai_marketplace.names import Name
from lumosai_marketplace.trust.policy import Policy, Rule
from lumosai_sdk.errors import InputError, LumosError

ROOT = Path(__file__).parents[3]


class Builds:
    """Stands in for compilers: each plugin's wheel, or a failure; and what was asked for."""

    def __init__(self, *broken: str) -> None:
        self.broken = broken
        self.asked: list[str] = []

    async def __call__(self, source: Source, out: Path) -> Path:
        self.asked.append(source.name.plugin)
        if source.name.plugin in self.broken:
            raise InputError("the compiler is not installed\nand more lines", hint="install it")
        return await asyncio.to_thread(_wheel, source, out)


def _wheel(source: Source, out: Path) -> Path:
    filename, data = make(source.name.wire.replace("-", "_"), source.version)
    out.mkdir(parents=True, exist_ok=True)
    (out / filename).write_bytes(data)
    return out / filename


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tour")


@pytest.fixture(scope="module")
def embedded(base: Path) -> Iterator[Embedded]:
    """A marketplace that was half made when somebody was killed, where the environment names another's database."""
    (base / "index.new" / "authority" / "keys").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARKETPLACE__DATABASE__URL", "postgresql://nobody@127.0.0.1:1/elsewhere")
        patch.setenv("MARKETPLACE__URL", "https://elsewhere.example")
        listener = listen(0)
        assert listener is not None
        serving = asyncio.run(start(base / "index", listener))
    yield serving
    asyncio.run(serving.aclose())


@pytest.fixture(scope="module")
def plugins(base: Path) -> list[Source]:
    """The sources of three plugins."""
    return [_source(base, name) for name in ("hash", "odd", "text")]


def _source(base: Path, name: str) -> Source:
    folder = base / "checkout" / "plugins" / f"lumosai-{name}"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "lumosai-{name}"\nversion = "1.0.0"\n[tool.lumos.build]\nlanguage = "c"\n'
    )
    return Source(Name("lumosai", name), "1.0.0", "c", folder)


@pytest.fixture(scope="module")
def filled(embedded: Embedded, base: Path, plugins: list[Source]) -> Seeding:
    """The marketplace filled, but for a plugin that could not be built."""
    builds = Builds("odd")
    seeding = Seeding(embedded, base / "made", plugins, builds)
    asyncio.run(seeding.run())
    assert builds.asked == ["hash", "odd", "text"]
    return seeding


def test_it_has_what_could_be_built_and_says_why_it_lacks_the_rest(filled: Seeding) -> None:
    assert [(s.source.name.plugin, s.state) for s in filled.seeds] == [
        ("hash", "there"),
        ("odd", "left out"),
        ("text", "there"),
    ]
    odd = filled.find("odd")
    assert odd is not None
    assert (odd.why.splitlines()[0], odd.hint) == ("the compiler is not installed", "install it")
    assert all(s.settled.is_set() for s in filled.seeds)
    assert filled.find("none") is None


async def test_what_is_there_is_found_and_installed_as_from_any_index(
    embedded: Embedded, filled: Seeding, tmp_path: Path
) -> None:
    owner = Market.at(tmp_path, tmp_path / ".lumos")
    trust_root(owner, embedded.url, embedded.root)
    issuer = f"{embedded.url}sigstore/oauth2"
    Policy.load(owner.policy).add(
        Rule(plugins=("lumosai/*",), issuer=issuer, subject=AUTHOR, max_permissions={"http": ["GET https://*/*"]})
    )
    async with Session(owner, Options(ask=up_to_policy)) as session:
        found = await session.index(embedded.url).search("hash")
        assert [r["name"] for r in found["items"]] == ["lumosai/hash"]
        done = await session.install(Wanted(Name("lumosai", "hash")), embedded.url)
    assert done.plugin.signer.subject == AUTHOR
    assert done.plugin.rule


async def test_a_second_filling_publishes_nothing_and_tries_again_what_was_left_out(
    embedded: Embedded, filled: Seeding, base: Path, plugins: list[Source], caplog: pytest.LogCaptureFixture
) -> None:
    before = await _hashes(embedded, "hash")
    changed = plugins[0].folder / "new.c"
    changed.write_text("int more;\n")
    builds = Builds("odd")
    again = Seeding(embedded, base / "made", plugins, builds)
    with caplog.at_level(logging.DEBUG, "lumosai.marketplace"):
        await again.run()
    changed.unlink()
    assert builds.asked == ["odd"]
    assert [s.new for s in again.seeds] == [False, False, False]
    assert await _hashes(embedded, "hash") == before
    said = [r.getMessage() for r in caplog.records if r.name == "lumosai.marketplace"]
    assert said == ["lumosai/hash 1.0.0 stays as it was published; its sources have changed"]


async def _hashes(embedded: Embedded, plugin: str) -> list[str]:
    async with Index(embedded.url) as index:
        return [f.sha256 for f in (await index.project(Name("lumosai", plugin))).files]


async def test_its_port_is_its_own(embedded: Embedded) -> None:
    assert listen(embedded.port) is None


def test_it_listens_to_nobody_but_this_machine(embedded: Embedded) -> None:
    assert embedded.url == f"http://127.0.0.1:{embedded.port}/"
    assert settings_for(embedded.folder, embedded.port).url == embedded.url.rstrip("/")
    assert embedded.service.settings.database.url == ""
    assert oct((embedded.folder / "authority").stat().st_mode)[-3:] == "700"


async def test_a_filling_that_breaks_off_keeps_nobody_waiting(embedded: Embedded, base: Path) -> None:
    async def broken(_: Source, __: Path) -> Path:
        raise RuntimeError("a bug")

    source = Source(Name("lumosai", "bug"), "1.0.0", "c", base / "nowhere")
    later = Source(Name("lumosai", "later"), "1.0.0", "c", base / "nowhere")
    seeding = Seeding(embedded, base / "made", [source, later], broken)
    with pytest.raises(RuntimeError):
        await seeding.run()
    assert [(s.state, s.settled.is_set()) for s in seeding.seeds] == [("left out", True), ("waiting", True)]


async def test_what_cannot_start_says_so_and_lets_go_of_the_port(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder")
    listener = listen(0)
    assert listener is not None
    port = listener.getsockname()[1]
    with pytest.raises((LumosError, OSError)):
        await start(tmp_path / "index", listener)
    freed = listen(port)
    assert freed is not None
    freed.close()


async def test_it_is_found_again_with_the_same_root(tmp_path: Path, embedded: Embedded, filled: Seeding) -> None:
    copied = tmp_path / "index"
    shutil.copytree(embedded.folder, copied)
    assert await made(settings_for(copied, embedded.port)) == embedded.root


# --- the plugins of a checkout


def test_a_checkout_has_the_quickest_plugins_first() -> None:
    found = sources(ROOT)
    assert [s.language for s in found] == ["c", "zig", "js", "js", "python"]
    assert found[0].name == Name("lumosai", "hash")


@pytest.mark.parametrize(
    "project",
    [
        "not TOML",
        "[project]\nname = 'lumosai-x'\nversion = '1.0.0'\n",
        "[project]\nversion = '1.0.0'\n[tool.lumos.build]\nlanguage = 'c'\n",
        "[project]\nname = 'acme-x'\nversion = '1.0.0'\n[tool.lumos.build]\nlanguage = 'c'\n",
        "[project]\nname = 'lumosai-x'\nversion = '1.0.0'\n[tool.lumos.build]\nlanguage = 'cobol'\n",
    ],
)
def test_what_is_no_sandboxed_plugin_of_the_project_is_passed_over(tmp_path: Path, project: str) -> None:
    (tmp_path / "plugins" / "x").mkdir(parents=True)
    (tmp_path / "plugins" / "x" / "pyproject.toml").write_text(project)
    assert sources(tmp_path) == []


def test_what_was_built_is_no_source(tmp_path: Path) -> None:
    source: Any = _source(tmp_path, "hash")
    before = source.digest()
    for name in ("dist", ".lumos", "node_modules"):
        (source.folder / name).mkdir()
        (source.folder / name / "x").write_text("built")
    assert source.digest() == before
    (source.folder / "x.c").write_text("int x;")
    assert source.digest() != before
