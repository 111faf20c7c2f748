"""Which IP addresses are the public internet, and which are this machine, its network or its cloud's secrets.

From the IANA special-purpose address registries (RFC 6890), kept here because the standard library's idea of "global"
has changed from release to release. Addresses that carry an IPv4 address inside are judged by that one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

Address = IPv4Address | IPv6Address
Reach = Literal["public", "private", "forbidden"]

_PRIVATE_V4 = tuple(
    IPv4Network(n) for n in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_FORBIDDEN_V4 = tuple(
    IPv4Network(n)
    for n in (
        "0.0.0.0/8",  # this host
        "100.100.100.200/32",  # a cloud's metadata
        "168.63.129.16/32",  # a cloud's wire server, though the address is public
        "169.254.0.0/16",  # link-local: most clouds' metadata
        "192.0.0.0/24",  # protocol assignments, a cloud's metadata among them
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PRIVATE_V6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
_METADATA_V6 = (IPv6Network("fd00:ec2::/32"), IPv6Network("fd20:ce::/32"))
_PUBLIC_V6 = IPv6Network("2000::/3")
_FORBIDDEN_V6 = tuple(
    IPv6Network(n)
    for n in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def parse(text: str) -> Address | None:
    """Return the address *text* writes in its one proper way, or None."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def reach(address: Address) -> Reach:
    """Tell where an address leads: ``forbidden`` is what no web request has business with."""
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        return reach(inner) if inner else _reach_v6(address)
    if any(address in n for n in _FORBIDDEN_V4):
        return "forbidden"
    return "private" if any(address in n for n in _PRIVATE_V4) else "public"


def _reach_v6(address: IPv6Address) -> Reach:
    if any(address in n for n in _METADATA_V6):
        return "forbidden"
    if any(address in n for n in _PRIVATE_V6):
        return "private"
    if address not in _PUBLIC_V6 or any(address in n for n in _FORBIDDEN_V6):
        return "forbidden"
    return "public"


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address a mapped (RFC 4291), 6to4 (RFC 3056) or NAT64 (RFC 6052) address leads to."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
