"""Threat 22: what is too large, too much or too deep: refused before it is read."""

from __future__ import annotations

import json
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.attacks.marketplace.threats.case import CASES, Case, case
from tests.attacks.marketplace.threats.forging import (
    attestations_of,
    identity,
    show_signatures,
    sign,
    upload,
    upload_of,
)
from tests.attacks.marketplace.threats.stage import CLOCK, Stage
from tests.marketplace.client.wheels import make
from tests.marketplace.trust.making import b64, changed

if TYPE_CHECKING:
    from collections.abc import Callable

Attestation = dict[str, Any]
MATERIAL = "verification_material"
ENTRY = f"{MATERIAL}.transparency_entries.0"
STAMPS = [{"signedTimestamp": b64(b"%033d" % n)} for n in range(33)]


def at(path: str, value: Any) -> Callable[[list[Attestation]], list[Attestation]]:
    """Return what gives each attestation another value."""
    return lambda found: [changed(a, path, value) for a in found]


SWOLLEN: dict[str, tuple[str, Callable[[list[Attestation]], list[Attestation]]]] = {
    "a bundle with 33 log entries": ("signature.size", at(f"{MATERIAL}.transparency_entries", lambda e: e * 33)),
    "a bundle with 33 timestamps": (
        "signature.shape",
        at(f"{MATERIAL}.timestampVerificationData", {"rfc3161Timestamps": STAMPS}),
    ),
    "33 bundles": ("signature.size", lambda found: (found * 17)[:33]),
    "a certificate of 100 kB": ("signature.size", at(f"{MATERIAL}.certificate", "A" * 100_000)),
    "a statement of 500 kB": ("signature.size", at("envelope.statement", "A" * 500_000)),
    "a signature of 100 kB": ("signature.size", at("envelope.signature", "A" * 100_000)),
    "a log entry of 200 kB": ("signature.size", at(f"{ENTRY}.canonicalizedBody", "A" * 200_000)),
    "a checkpoint of 200 kB": (
        "signature.size",
        at(f"{ENTRY}.inclusionProof.checkpoint.envelope", "\u2014 a b\n" * 20_000),
    ),
    "a proof of 1,000 hashes": ("signature.size", at(f"{ENTRY}.inclusionProof.hashes", [b64(bytes(32))] * 1000)),
    "a bundle of two megabytes": ("index.size", at("comment", "A" * 1_000_000)),
}


async def _swollen(stage: Stage, how: Callable[[list[Attestation]], list[Attestation]]) -> None:
    show_signatures(stage, how(await attestations_of(stage, "1.1.0")))
    await stage.install()


async def _as_it_is(stage: Stage) -> None:
    """Show the true bundles in the same way."""
    show_signatures(stage, await attestations_of(stage, "1.1.0"))
    assert await stage.install() == "1.1.0"


CASES.extend(Case(22, what, rule, partial(_swollen, how=how), _as_it_is) for what, (rule, how) in SWOLLEN.items())


@case(22, "a bundle that is a thousand brackets deep", "signature.shape")
async def _deep(stage: Stage) -> None:
    stage.mirror.lies["integrity/"] = lambda _: b"[" * 100_000
    await stage.install()


@case(22, "a page of nine megabytes", "index.size")
async def _page(stage: Stage) -> None:
    stage.mirror.lies["simple/"] = lambda body: body + b" " * 9_000_000
    await stage.install()


@case(22, "a wheel that is longer than it was said to be", "index.size")
async def _longer(stage: Stage) -> None:
    stage.mirror.lies["files/"] = lambda body: body + b"\0" * 5_000_000
    await stage.install()


@case(22, "a wheel that is said to have an exabyte", "index.size")
async def _huge(stage: Stage) -> None:
    stage.mirror.file(lambda file: file.update(size=10**18))
    await stage.install()


@case(22, "metadata of two megabytes", "tuf.size")
async def _metadata(stage: Stage) -> None:
    stage.mirror.lies["tuf/timestamp.json"] = lambda body: body + b" " * 2_000_000
    await stage.install()


async def _uploaded(stage: Stage) -> None:
    filename, data = make("other_uploaded", "1.0.0", permissions=CLOCK)
    await upload(stage, upload_of(filename, data, await sign(stage, filename, data, identity(stage))))


@case(22, "an upload with bundles of two megabytes", "invalid_input", _uploaded)
async def _upload(stage: Stage) -> None:
    filename, data = make("other_uploaded", "1.0.0", permissions=CLOCK)
    one, two = await sign(stage, filename, data, identity(stage))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # aiohttp's, about a field of more than a megabyte
        await upload(stage, upload_of(filename, data, [{**one, "comment": "A" * 2_000_000}, two]))


@case(22, "an upload with 33 bundles", "signature.missing", _uploaded)
async def _many(stage: Stage) -> None:
    filename, data = make("other_uploaded", "1.0.0", permissions=CLOCK)
    one, two = await sign(stage, filename, data, identity(stage))
    assert len(json.dumps(one)) * 33 < 1024 * 1024
    await upload(stage, upload_of(filename, data, [one, two, *[one] * 31]))
