"""A private key that somebody else holds: a KMS, an HSM, a signing service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed


class RemoteKey(ec.EllipticCurvePrivateKey):
    """Has the public part; *sign* takes a digest and returns an ECDSA signature in DER."""

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> None:
        self._public = public
        self._sign = sign

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        algorithm = signature_algorithm.algorithm
        if isinstance(algorithm, Prehashed):
            return self._sign(bytes(data))
        hasher = hashes.Hash(algorithm)
        hasher.update(data)
        return self._sign(hasher.finalize())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def exchange(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("this key signs and does nothing else")

    def private_numbers(self) -> NoReturn:
        raise TypeError("this key's private part is not here")

    def private_bytes(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("this key's private part is not here")

    def __copy__(self) -> RemoteKey:
        return self

    def __deepcopy__(self, _memo: Any) -> RemoteKey:
        return self
