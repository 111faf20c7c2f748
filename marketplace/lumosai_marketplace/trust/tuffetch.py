"""How TUF's files are fetched: no redirect, nothing packed, and an end to waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

from lumosai_marketplace.trust import tls

if TYPE_CHECKING:
    import requests

_CONNECT, _READ = 5.0, 15.0
_TOTAL = 60.0
_CHUNK = 64 * 1024
_OK = 200


class Fetcher(FetcherInterface):
    """Fetches over one session. *total* are the seconds that everything may take, from the first fetch on."""

    def __init__(self, total: float = _TOTAL) -> None:
        self._total = total
        self._until: float | None = None
        self._session: requests.Session | None = None
        self._response: requests.Response | None = None

    def close(self) -> None:
        """Close the connections, also that of an answer that was not read to its end."""
        if self._response is not None:
            self._response.close()
        if self._session is not None:
            self._session.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        import requests

        if self._until is None:
            self._until = time.monotonic() + self._total
        if self._session is None:
            self._session = requests.Session()
            self._session.verify = tls.ca_file() or True
        self._check_time()
        try:
            response = self._session.get(
                url,
                headers={"Accept-Encoding": "identity"},
                stream=True,
                allow_redirects=False,
                timeout=(_CONNECT, _READ),
            )
        except requests.Timeout:
            raise SlowRetrievalError(f"{url} does not answer in time") from None
        except OSError as e:  # requests' own errors, and a file of CAs that is not there
            raise DownloadError(f"{url} cannot be fetched: {type(e).__name__}") from None
        self._response = response
        if response.status_code != _OK:
            response.close()
            raise DownloadHTTPError(f"{url} answers {response.status_code}", response.status_code)
        return self._chunks(response)

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        from urllib3.exceptions import HTTPError

        try:
            # As it came: what is unpacked could be a thousand times as large.
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                self._check_time()
                yield chunk
        except (HTTPError, OSError) as e:
            raise DownloadError(f"the connection broke off: {type(e).__name__}") from None
        finally:
            response.close()

    def _check_time(self) -> None:
        if self._until is not None and time.monotonic() > self._until:
            raise SlowRetrievalError(f"it takes longer than {self._total:.0f} s")
