"""What is remembered of people and workflows that sign in, until it is old."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lumosai_marketplace.service.db.models import Base


class Session(Base):
    """Somebody's browser, by the hash of its cookie."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created: Mapped[float]
    expires: Mapped[float] = mapped_column(index=True)


class DeviceLogin(Base):
    """A sign-in of a device without a browser (RFC 8628), by the hash of its device code.

    ``user_code`` is what its person types; ``user_id`` is who approved, ``state`` is pending, approved, denied.
    """

    __tablename__ = "device_logins"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_code: Mapped[str] = mapped_column(String(16), unique=True)
    client: Mapped[str] = mapped_column(String(80))
    network: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created: Mapped[float]
    expires: Mapped[float] = mapped_column(index=True)
    polled: Mapped[float]


class SpentToken(Base):
    """An identity token that was exchanged, by its hash: it is not taken a second time."""

    __tablename__ = "spent_tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires: Mapped[float] = mapped_column(index=True)
