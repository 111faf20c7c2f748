"""Finding personal data: by its form, and by what it must be besides (check digits, ranges).

Patterns are tried on bounded pieces and cannot go back far: a long text takes as long as it is long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from ipaddress import ip_address
from typing import Final

from lumosai_plugins.guardrails.matches import Match, apart

_DIGITS: Final = re.compile(r"(?a)\d")
# Letters of other scripts end what is looked for: it is written in Latin ones.
_LETTERS: Final = r"\w\u00c0-\u024f"
_EMAIL: Final = re.compile(
    rf"(?a)(?<![{_LETTERS}.+%-])[{_LETTERS}.+%-]{{1,64}}@(?:[{_LETTERS}-]{{1,63}}\.){{1,8}}"
    rf"[a-zA-Z\u00c0-\u024f]{{2,24}}(?![{_LETTERS}-])"
)
_CARD: Final = re.compile(r"(?a)(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_ISSUED: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"  # American Express, Diners, JCB
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|(?:5[06-8]|6[37])\d{10,17}"  # Discover, UnionPay, Maestro
)
_IBAN: Final = re.compile(r"(?a)(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IPV4: Final = re.compile(r"(?a)(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IPV6: Final = re.compile(r"(?a)(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.])")
_SSN: Final = re.compile(r"(?a)(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_NINO: Final = re.compile(
    r"(?a)(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)"
)
_FNR: Final = re.compile(r"(?a)(?<![\w-])\d{6} ?\d{5}(?![\w-])")
# Such as +47 22 33 44 55, (555) 010-9999, 555-010-9999 and 020 7946 0958.
_PHONE: Final = re.compile(
    r"(?a)(?<![\w.+-])(?<!\d[ -])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
    r"|\(\d{3}\) ?\d{3}[ .-]\d{4}"
    r"|\d{3}[.-]\d{3}[.-]\d{4}"
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-]|[ ]\d)"
)
_VERSION: Final = re.compile(r"(?:\bversion|\bv|\brelease|==|~=|>=|\bbuild)\s*$", re.IGNORECASE)
_BEFORE: Final = 12
_LEAST_PHONE, _MOST_PHONE = 8, 15
KINDS: Final = ("email", "phone", "card", "iban", "ip", "ssn", "nino", "fnr")


def find(text: str, kinds: Collection[str] = KINDS) -> list[Match]:
    """Return personal data of *kinds*, in order."""
    has_digits = _DIGITS.search(text) is not None
    found = [m for kind in kinds if has_digits or kind in _WITHOUT_DIGITS for m in _FINDERS[kind](text)]
    return apart(found)


def _emails(text: str) -> Iterator[Match]:
    return (Match(*m.span(), "email") for m in _EMAIL.finditer(text)) if "@" in text else iter(())


def _cards(text: str) -> Iterator[Match]:
    return (Match(*m.span(), "card") for m in _CARD.finditer(text) if _is_card(m[0]))


def _is_card(piece: str) -> bool:
    """Tell whether digits are those of a payment card: an issuer's, and the last one right (ISO/IEC 7812-1)."""
    number = "".join(c for c in piece if c.isdigit())
    digits = [int(c) for c in number]
    doubled = (d * 2 - 9 * (d > 4) if i % 2 else d for i, d in enumerate(reversed(digits)))  # noqa: PLR2004
    return _ISSUED.fullmatch(number) is not None and sum(doubled) % 10 == 0


def _ibans(text: str) -> Iterator[Match]:
    return (Match(*m.span(), "iban") for m in _IBAN.finditer(text) if _is_iban(m[0]))


def _is_iban(piece: str) -> bool:
    """Tell whether the check digits are right (ISO 13616)."""
    packed = piece.replace(" ", "")
    moved = packed[4:] + packed[:4]
    return 15 <= len(packed) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1  # noqa: PLR2004


def _addresses(text: str) -> Iterator[Match]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _BEFORE) : match.start()]
            if _is_address(match[0]) and not _VERSION.search(before):
                yield Match(*match.span(), "ip")


def _is_address(piece: str) -> bool:
    try:
        address = ip_address(piece)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _plain(
    kind: str, pattern: re.Pattern[str], fits: Callable[[str], bool] | None = None
) -> Callable[[str], Iterator[Match]]:
    def finder(text: str) -> Iterator[Match]:
        return (Match(*m.span(), kind) for m in pattern.finditer(text) if fits is None or fits(m[0]))

    return finder


def _is_fnr(piece: str) -> bool:
    """Tell whether both check digits of a Norwegian birth number are right."""
    d = [int(c) for c in piece if c.isdigit()]
    first = (11 - sum(a * b for a, b in zip((3, 7, 6, 1, 8, 9, 4, 5, 2), d, strict=False)) % 11) % 11
    second = (11 - sum(a * b for a, b in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), d, strict=False)) % 11) % 11
    return 1 <= d[0] * 10 + d[1] <= 71 and 1 <= (d[2] * 10 + d[3]) % 40 <= 12 and (first, second) == (d[9], d[10])  # noqa: PLR2004


def _is_phone(piece: str) -> bool:
    return _LEAST_PHONE <= sum(c.isdigit() for c in piece) <= _MOST_PHONE


_FINDERS: Final[dict[str, Callable[[str], Iterator[Match]]]] = {
    "email": _emails,
    "card": _cards,
    "iban": _ibans,
    "ip": _addresses,
    "ssn": _plain("ssn", _SSN),
    "nino": _plain("nino", _NINO),
    "fnr": _plain("fnr", _FNR, _is_fnr),
    "phone": _plain("phone", _PHONE, _is_phone),
}
_WITHOUT_DIGITS: Final = frozenset({"email", "ip"})
