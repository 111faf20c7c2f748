"""TUF's files on their way to a machine without a network: kept as they are fetched here, handed out there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuf.api.exceptions import DownloadHTTPError

from lumosai_marketplace.trust.tuffetch import Fetcher


class _Recording(Fetcher):
    def __init__(self, kept: dict[str, bytes], base: str) -> None:
        super().__init__()
        self._kept = kept
        self._base = base

    def _fetch(self, url: str) -> Iterator[bytes]:
        data = bytearray()
        for chunk in super()._fetch(url):
            data += chunk
            yield chunk
        self._kept[url.removeprefix(self._base)] = bytes(data)


class _Replaying(Fetcher):
    def __init__(self, kept: Mapping[str, bytes]) -> None:
        super().__init__()
        self._kept = kept

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.rpartition("/tuf/")[2]
        if name not in self._kept:
            raise DownloadHTTPError(f"the bundle has no {name}", 404)
        return iter([self._kept[name]])


def recording(kept: dict[str, bytes], base: str) -> Fetcher:
    """Return what fetches over the network, and puts what it got into *kept*, by its path below *base*."""
    return _Recording(kept, base)


def replaying(kept: Mapping[str, bytes]) -> Fetcher:
    """Return what hands out what was kept."""
    return _Replaying(kept)
