"""python-tuf's errors by our names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_sdk.errors import LumosError

_NOT_FOUND = (403, 404)


@contextmanager
def named(url: str) -> Iterator[None]:
    """Turn what python-tuf raises about the repository at *url* into RefusedError or IndexUnavailableError."""
    from tuf.api.exceptions import DownloadError, RepositoryError

    try:
        yield
    except LumosError:
        raise
    except RepositoryError as e:
        raise _refused(url, e) from None
    except DownloadError as e:
        raise _unfetched(url, e) from None
    except OSError as e:
        raise IndexUnavailableError(f"{url}: what was fetched cannot be kept: {e.strerror or e}") from None
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as e:
        # python-tuf reads JSON that strangers wrote, and not all of it by its own errors.
        raise RefusedError("tuf.metadata", f"{url}: its metadata cannot be read: {type(e).__name__}") from None


def _refused(url: str, error: Exception) -> RefusedError:
    from tuf.api import exceptions

    known: tuple[tuple[type[Exception], str, str], ...] = (
        (exceptions.BadVersionNumberError, "tuf.rollback", "shows an older version than it has shown before"),
        (
            exceptions.ExpiredMetadataError,
            "tuf.expired",
            "shows metadata that has expired: somebody holds back the new",
        ),
        (exceptions.UnsignedMetadataError, "tuf.signature", "shows metadata that its keys have not signed"),
        (exceptions.LengthOrHashMismatchError, "tuf.changed", "shows other bytes than were signed"),
    )
    rule, what = next(((r, w) for t, r, w in known if isinstance(error, t)), ("tuf.metadata", "cannot be used"))
    return RefusedError(rule, f"{url} {what}: {_line(error)}", hint=_CLOCK if rule == "tuf.expired" else None)


def _unfetched(url: str, error: Exception) -> LumosError:
    from tuf.api import exceptions

    if isinstance(error, exceptions.DownloadLengthMismatchError):
        return RefusedError("tuf.size", f"{url} sends more than it may: {_line(error)}")
    if isinstance(error, exceptions.DownloadHTTPError) and error.status_code in _NOT_FOUND:
        return RefusedError("tuf.missing", f"{url} lacks a file that it needs: {_line(error)}")
    return IndexUnavailableError(f"{url} cannot be asked whom to trust: {_line(error)}")


_CLOCK = "if the index is in order, look at this machine's clock"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
