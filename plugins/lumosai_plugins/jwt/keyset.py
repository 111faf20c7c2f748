"""What an issuer publishes, made into keys: those that sign, of sizes that are safe and cheap to check with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt import PyJWK

MOST_KEYS = 64
LONGEST_KID = 256
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}
_RSA_BITS = range(2048, 8193)
_EXPONENTS = range(3, 2**32)
KeySet = Mapping[tuple[str, str], "PyJWK"]
"""Keys by id and algorithm."""


def parse_object(data: bytes) -> dict[str, Any]:
    """Return a JSON object. Raises ValueError for anything else."""
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - of what was sent, the value is wrong
    return found


def parse_keys(data: bytes, algorithms: Sequence[str]) -> KeySet:
    """Return the keys of a JWK set (RFC 7517) that can check one of *algorithms*. Raises ValueError."""
    listed = parse_object(data).get("keys")
    if not isinstance(listed, list):
        raise ValueError("it is no set of keys")  # noqa: TRY004
    if len(listed) > MOST_KEYS:
        raise ValueError(f"it holds more than {MOST_KEYS} keys")
    out: dict[tuple[str, str], PyJWK] = {}
    for jwk in listed:
        for algorithm in _fitting(jwk, algorithms):
            if (made := _made(jwk, algorithm)) is not None:
                # Of two keys with one name, none can be the right one for sure: the first stays.
                out.setdefault((jwk.get("kid", ""), algorithm), made)
    return out


def _fitting(jwk: Any, algorithms: Sequence[str]) -> Iterator[str]:
    """Yield the algorithms that a key is for. A key with a private part, or none of ours, is for none."""
    if not isinstance(jwk, dict) or "d" in jwk or jwk.get("use", "sig") != "sig":
        return
    kid, operations = jwk.get("kid", ""), jwk.get("key_ops", ["verify"])
    if not isinstance(kid, str) or len(kid) > LONGEST_KID or not isinstance(operations, list):
        return
    for algorithm in algorithms:
        if jwk.get("alg", algorithm) == algorithm and "verify" in operations and _is_kind(jwk, algorithm):
            yield algorithm


def _is_kind(jwk: Mapping[str, Any], algorithm: str) -> bool:
    if algorithm.startswith(("RS", "PS")):
        return jwk.get("kty") == "RSA"
    kind = "OKP" if algorithm == "EdDSA" else "EC"
    return jwk.get("kty") == kind and jwk.get("crv") == _CURVES[algorithm]


def _made(jwk: dict[str, Any], algorithm: str) -> PyJWK | None:
    from jwt import PyJWK, PyJWTError

    # Long before the number is made: a modulus of megabytes would take a while.
    if any(isinstance(v, str) and len(v) > 2 * max(_RSA_BITS) // 8 for v in jwk.values() if v is not jwk.get("x5c")):
        return None
    try:
        made = PyJWK(jwk, algorithm)
        if jwk["kty"] == "RSA":
            numbers = made.key.public_numbers()
            if numbers.n.bit_length() not in _RSA_BITS or numbers.e not in _EXPONENTS:
                return None
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return made
