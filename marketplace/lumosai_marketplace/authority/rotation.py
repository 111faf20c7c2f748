"""New keys for old, one part at a time. What was signed before stays verifiable: the old key's span gets an end."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lumosai_marketplace.authority import ca
from lumosai_marketplace.authority.keys import Curve, KeyStore, public_der
from lumosai_marketplace.authority.state import PARTS, Generation, Part, State
from lumosai_sdk.errors import ConflictError, InputError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

OVERLAP = timedelta(hours=1)
"""How long the old key of a part is valid yet: longer than a certificate lives, and than services take to notice."""

ROOT_YEARS, CA_YEARS, TSA_YEARS = 20, 10, 10
_OURS = re.compile(rf"(?:{'|'.join(PARTS)})-[0-9a-f]{{12}}", re.ASCII)


def first(state: State, store: KeyStore, at: datetime) -> State:
    """Return the state of a new instance: one generation of every part."""
    for part in PARTS:
        state = state.succeed(_generation(state, store, part, at), at)
    return state


def rotate(state: State, store: KeyStore, part: Part, at: datetime) -> State:
    """Return the state with a new generation of *part*; with a new root comes a new intermediate.

    Raises InputError for an unknown part, ConfigError when the root's key is needed and not there.
    """
    if part not in PARTS:
        raise InputError(f"there is no part {part!r}", hint=f"one of {', '.join(PARTS)}")
    for each in ("root", "ca") if part == "root" else (part,):
        state = state.succeed(_generation(state, store, each, at), at + OVERLAP)
    return state


def retire(state: State, part: Part, at: datetime) -> State:
    """Return the state in which every earlier generation of *part* is trusted until *at* and no longer.

    For a key that was stolen: rotate, then retire at the last moment when it was surely safe. Raises ConflictError when
    there is no earlier generation, InputError for a time without its zone.
    """
    if len(state.of(part)) < 2:  # noqa: PLR2004
        raise ConflictError(f"the only key of {part} cannot be retired", hint=f"lumos marketplace rotate-keys {part}")
    if at.tzinfo is None:
        raise InputError("the time at which a key is retired needs its time zone")
    at = at.replace(microsecond=0)
    return replace(
        state,
        generations=tuple(
            replace(g, end=max(g.start, min(g.end, at))) if g.part == part and g.end is not None else g
            for g in state.generations
        ),
    )


def forget_unused(state: State, store: KeyStore) -> None:
    """Delete the keys that nothing signs with any more, and those of a rotation that was killed."""
    used = {state.current(part).key for part in PARTS}
    for name in store.names():
        if name not in used and _OURS.fullmatch(name):
            store.delete(name)


def _generation(state: State, store: KeyStore, part: Part, at: datetime) -> Generation:
    name = f"{part}-{secrets.token_hex(6)}"
    curve: Curve = "P-384" if part == "root" else "P-256"
    key = store.generate(name, curve)
    subject = ca.Subject(state.organization, f"{state.host} {part} {name[-12:]}")
    certificates: tuple[x509.Certificate, ...] = ()
    if part == "root":
        certificates = (ca.make_root(key, subject, at, ROOT_YEARS),)
    elif part == "ca":
        root = state.current("root")
        above = _certificate(root.certificates[0])
        root_key = store.load(root.key)
        certificates = (ca.make_intermediate(key.public_key(), subject, above, root_key, at, CA_YEARS), above)
    elif part == "tsa":
        certificates = _timestamp_chain(key.public_key(), subject, at)
    start = at.replace(microsecond=0) - ca.BACKDATED
    return Generation(part, name, public_der(key.public_key()), start, None, tuple(_der(c) for c in certificates))


def _timestamp_chain(
    public: ec.EllipticCurvePublicKey, subject: ca.Subject, at: datetime
) -> tuple[x509.Certificate, ...]:
    """Return the chain of a timestamp authority; its root signs this once, and its key is kept nowhere."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP384R1())
    root = ca.make_root(key, ca.Subject(subject.organization, f"{subject.name} root"), at, TSA_YEARS)
    return ca.make_service(public, subject, root, key, at, TSA_YEARS), root


def _certificate(data: bytes) -> x509.Certificate:
    from cryptography.x509 import load_der_x509_certificate

    return load_der_x509_certificate(data)


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)
