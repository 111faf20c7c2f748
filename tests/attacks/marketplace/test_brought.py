"""Attacks by what an update brings: no new permission, and a part of the host that sees everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.client.world import Owner, World, running
from tests.marketplace.service.market import wheel

from lumosai_marketplace.client.consent import Question, nobody, up_to_policy
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.trust.contributions import brought, compared

KINDS = ("processor",)
CODE = b"from __future__ import annotations\n\n\nclass Part:\n    pass\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("brought"))) as made:
        for kind in KINDS:
            made.publish_bytes(*wheel(f"acme-{kind}", "1.0.0"))
            made.publish_bytes(*wheel(f"acme-{kind}", "2.0.0", **bringing(kind)))
        hooks = {"acme_hooks/hooks.py": b"def lumos_around_tool_call() -> None: ...\n"}
        made.publish_bytes(*wheel("acme-hooks", "1.0.0"))
        made.publish_bytes(*wheel("acme-hooks", "2.0.0", permissions='hooks = ["lumos_around_tool_call"]', extra=hooks))
        yield made


def bringing(kind: str) -> dict[str, Any]:
    """Return what makes a wheel bring a contribution of *kind* as well."""
    target = f"acme_{kind}.part:Part"
    told = f'[[contributes.{kind}]]\nid = "{kind}.part"\ntarget = "{target}"\n'
    return {"permissions": told, "extra": {f"acme_{kind}/part.py": CODE}}


async def go(owner: Owner, text: str, ask: Any = up_to_policy, *, update: bool = True) -> Any:
    async with owner.session(ask=ask) as session:
        if update:
            return await session.update([Wanted.parse(text)])
        return await session.install(Wanted.parse(text), owner.market.index or None)


async def installed(world: World, plugin: str, **rule: Any) -> Owner:
    owner = world.owner(**{"runtime": "python", "max_permissions": {}, **rule})
    async with owner.session(world.url) as session:
        await session.install(Wanted.parse(f"acme/{plugin}==1.0.0"))
    return owner


@pytest.mark.parametrize("plugin", [*KINDS, "hooks"])
async def test_an_update_that_brings_another_kind_is_asked_about(world: World, plugin: str) -> None:
    owner = await installed(world, plugin)
    before, files = owner.lock_text, owner.files()
    for ask, rule in ((up_to_policy, "consent.needed"), (nobody, "consent.nobody")):
        with pytest.raises(RefusedError) as e:
            await go(owner, f"acme/{plugin}", ask)
        assert e.value.rule == rule
    assert (owner.lock_text, owner.files()) == (before, files)
    asked: list[Question] = []

    async def yes(question: Question) -> bool:
        asked.append(question)
        return True

    await go(owner, f"acme/{plugin}", yes)
    (new,) = [c for c in asked[0].changes if c.asks_for_more]
    assert (new.right.kind, new.right.rule, new.right.risk) == ("contributes", plugin, "high")
    assert new.right in asked[0].rights
    assert set(owner.market.read_lock().plugins[Name.parse(f"acme/{plugin}")].kinds) == {"tool", plugin}
    # What was agreed to once is not asked again.
    async with owner.session(world.url, ask=nobody) as session:
        await session.restore()


@pytest.mark.parametrize(("kinds", "taken"), [(["tool", "processor"], True), (["tool", "storage"], False)])
async def test_yes_goes_as_far_as_the_rule(world: World, kinds: list[str], taken: bool) -> None:
    owner = await installed(world, "processor", kinds=kinds)
    if taken:
        await go(owner, "acme/processor")
    else:
        with pytest.raises(RefusedError) as e:
            await go(owner, "acme/processor")
        assert e.value.rule == "trust.kinds"


async def test_kinds_allowed_are_no_permissions_allowed(world: World) -> None:
    owner = world.owner(runtime="python", max_permissions=None, kinds=["tool", "processor"])
    async with owner.session(world.url) as session:
        with pytest.raises(RefusedError) as e:  # that it runs inside the host is asked about
            await session.install(Wanted.parse("acme/processor==2.0.0"))
    assert e.value.rule == "consent.needed"


def test_what_is_usual_is_told_where_it_is_new_only() -> None:
    assert brought(["tool"]) == ()
    added = compared(["panel"], ["panel", "tool"])
    assert [r.rule for r in brought(["panel", "tool"], added)] == ["panel", "tool"]
    assert [c.what for c in compared(["route"], [])] == ["removed"]
    assert compared([], ["something new"])[0].right.risk == "high"


def test_every_kind_has_its_words() -> None:
    from typing import get_args

    from lumosai_marketplace.trust.rules import Kind

    assert all("of the kind" not in c.right.words for c in compared([], get_args(Kind)))
