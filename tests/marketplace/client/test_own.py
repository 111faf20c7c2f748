"""One's own plugins: one command from a wheel to a verified plugin of the host, without a service or a network."""

from __future__ import annotations

import json
import shlex
import stat
import time
from pathlib import Path

import pytest
from tests.marketplace.client.mine import Mine

from lumosai.cli.main import main
from lumosai_marketplace.client.airgap import pack
from lumosai_marketplace.client.consent import nobody, up_to_policy
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.update import installed
from lumosai_marketplace.client.verify import verify_installed
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.own.install import sign_wheel
from lumosai_marketplace.trust.policy import Policy, Rule

WORDS = Name("acme", "words")
CLOCK = "clock = true"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One instance for the tests of a module."""
    return tmp_path_factory.mktemp("user") / "signing"


@pytest.fixture
def mine(tmp_path: Path, own: Path) -> Mine:
    return Mine(tmp_path, own)


def trusting(mine: Mine, **more: object) -> None:
    rule = {"name": "mine", "plugins": ["acme/*"], "instance": "local", **more}
    Policy.load(mine.market.policy).add(Rule.model_validate(rule))


async def test_one_answer_signs_adds_the_rule_and_installs(mine: Mine) -> None:
    done = await mine.install(path := mine.wheel(permissions=CLOCK))
    (question,) = mine.asked
    assert (question.signs, question.adds_rule, question.index) == (path.name, True, "local")
    assert [r.words for r in question.rights] == ["know the time"]
    assert (done.plugin.index, done.plugin.rule) == ("local", "own-acme-words")
    (rule,) = mine.market.read_policy().rules
    assert (rule.plugins, rule.instance, rule.runtime) == (("acme/words",), "local", "wasm")
    judged = verify_installed(mine.market, Keeper(mine.market), done.plugin, time.time())
    assert judged.verified.signer == done.plugin.signer


async def test_the_keys_are_the_users_alone_and_made_once(mine: Mine) -> None:
    first = await mine.install(mine.wheel())
    second = await mine.install(mine.wheel("acme_other"))
    assert first.plugin.signer == second.plugin.signer
    for path in (mine.own, *mine.own.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


async def test_every_signature_is_in_the_log(mine: Mine) -> None:
    before = mine.own / "entries.jsonl"
    count = len(before.read_text().splitlines()) if before.exists() else 0
    done = await mine.install(mine.wheel("acme_logged"))
    lines = before.read_text().splitlines()
    assert len(lines) == count + 2
    assert done.plugin.log_index == count + 1
    assert json.loads(lines[-1])["at"] == int(done.plugin.signed)


async def test_the_same_again_changes_nothing_and_asks_nothing(mine: Mine) -> None:
    path = mine.wheel()
    await mine.install(path)
    before = mine.state()
    assert not (await mine.install(path, ask=nobody)).changed
    assert not (await mine.install(path, ask=nobody, frozen=True)).changed
    assert mine.state() == before


async def test_what_was_lost_of_the_store_is_put_back_by_the_same_signature(mine: Mine) -> None:
    path = mine.wheel(permissions=CLOCK)
    done = await mine.install(path)
    mine.market.store.remove(done.plugin.sha256)
    again = await mine.install(path, ask=nobody, frozen=True)
    assert again.plugin == done.plugin


async def test_building_anew_needs_no_new_version(mine: Mine) -> None:
    await mine.install(mine.wheel())
    done = await mine.install(mine.wheel(pad=10))
    assert (done.changed, done.before) == (True, "1.0.0")
    assert not mine.asked[1].adds_rule


async def test_without_a_rule_yes_is_not_enough_and_with_one_it_is(mine: Mine) -> None:
    path, before = mine.wheel(permissions=CLOCK), mine.state()
    for ask, rule in ((up_to_policy, "consent.needed"), (nobody, "consent.nobody"), (mine.no, "consent.declined")):
        with pytest.raises(RefusedError) as e:
            await mine.install(path, ask=ask)
        assert e.value.rule == rule
    assert mine.state() == before
    trusting(mine, max_permissions={"clock": True})
    assert (await mine.install(path, ask=up_to_policy)).plugin.rule == "mine"


async def test_who_says_no_has_signed_nothing(mine: Mine) -> None:
    log = mine.own / "entries.jsonl"
    path = mine.wheel("acme_declined")
    before = log.read_bytes() if log.exists() else b""
    with pytest.raises(RefusedError, match="you said no"):
        await mine.install(path, ask=mine.no)
    assert (log.read_bytes() if log.exists() else b"") == before


async def test_code_inside_the_host_needs_a_rule_that_says_so(mine: Mine) -> None:
    path = mine.wheel("acme_inside", runtime="python")
    with pytest.raises(RefusedError) as e:
        await mine.install(path)
    assert e.value.rule == "trust.no-rule"
    assert "--runtime python" in str(e.value.hint)
    assert "--instance local" in str(e.value.hint)
    (mine.base / "lumos.toml").touch()
    command = shlex.split(str(e.value.hint).partition("lumos ")[2])
    assert main([*command, "--config", str(mine.base / "lumos.toml")]) == 0
    assert (await mine.install(path)).plugin.runtime == "python"


async def test_a_rule_about_this_very_plugin_is_not_answered_away(mine: Mine) -> None:
    rule = {"plugins": ["acme/words"], "issuer": "https://issuer.example", "subject": "dev@acme.example"}
    Policy.load(mine.market.policy).add(Rule.model_validate(rule))
    with pytest.raises(RefusedError) as e:
        await mine.install(mine.wheel())
    assert e.value.rule == "trust.issuer"
    assert mine.asked == []


async def test_signing_alone_is_found_at_the_installation(mine: Mine) -> None:
    path = mine.wheel("acme_before")
    sign_wheel(mine.own, path)
    await mine.install(path)
    assert mine.asked[0].signs == ""


async def test_what_the_other_commands_do_with_it(mine: Mine) -> None:
    await mine.install(mine.wheel())
    await mine.install(mine.wheel(version="1.1.0"))
    async with mine.session() as session:
        assert await session.audit() == []
        assert await session.update() == []
        assert not (await session.restore())[0].changed
        assert not (await session.install(Wanted.parse("acme/words"))).changed
        for refused in (
            lambda: session.update([Wanted(WORDS)]),
            lambda: session.install(Wanted.parse("acme/words==2")),
            lambda: session.rollback(WORDS, "0.5"),
            lambda: pack(mine.market, Keeper(mine.market), [installed(mine.market, WORDS)], {}),
        ):
            with pytest.raises(RefusedError) as e:
                await refused()
            assert e.value.rule == "trust.own"
        assert (await session.rollback(WORDS)).plugin.version == "1.0.0"
        await session.remove(WORDS)
    assert mine.market.read_lock().plugins == {}


async def test_an_older_build_is_not_installed_over_a_newer(mine: Mine) -> None:
    await mine.install(mine.wheel(version="2.0.0"))
    with pytest.raises(RefusedError) as e:
        await mine.install(mine.wheel(version="1.0.0"))
    assert e.value.rule == "lock.older"


async def test_locked_takes_nothing_that_the_lock_does_not_name(mine: Mine) -> None:
    with pytest.raises(RefusedError) as e:
        await mine.install(mine.wheel(), frozen=True)
    assert e.value.rule == "lock.locked"


async def test_a_line_that_a_killed_signer_left_is_cut_off(mine: Mine) -> None:
    await mine.install(mine.wheel("acme_killed"))
    log = mine.own / "entries.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole + whole[:40])
    done = await mine.install(mine.wheel("acme_killed", "1.1.0"))
    assert done.changed
    assert log.read_bytes().startswith(whole)
    assert all(json.loads(line) for line in log.read_text().splitlines())
