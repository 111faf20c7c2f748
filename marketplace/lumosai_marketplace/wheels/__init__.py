"""Wheels, looked into without running any of them."""

from __future__ import annotations

from lumosai_marketplace.wheels.extract import extract
from lumosai_marketplace.wheels.record import Member
from lumosai_marketplace.wheels.wheel import Wheel, read_wheel

__all__ = ["Member", "Wheel", "extract", "read_wheel"]
