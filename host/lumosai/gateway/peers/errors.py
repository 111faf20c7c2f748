"""What can be wrong between siblings."""

from __future__ import annotations

from lumosai_sdk.errors import LumosError


class PeersError(LumosError):
    """The processes of one data folder cannot be connected."""

    code = "peers"


class FrameError(PeersError):
    """What came is no frame."""


class SilentError(LumosError):
    """The process that has what is asked for, one of several that share the data, does not answer."""

    code = "sibling_silent"
    status = 503
    retryable = True


class GoneError(SilentError):
    """There is no such process any more, or none that takes questions."""
