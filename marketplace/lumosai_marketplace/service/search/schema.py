"""The tables of the search: one document a plugin, and beside them the index of their words.

The words are in an FTS5 table on SQLite, in a column of type tsvector on PostgreSQL. Both are written in the
transaction that changes a plugin (``indexing.refresh``), so that there is no moment in which they disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lumosai_marketplace.service.db.models import Base

if TYPE_CHECKING:
    from sqlalchemy import Connection

TEXT: Final = "search_text"
COLUMNS: Final = ("name", "namespace", "keywords", "summary")
WEIGHTS: Final = (10.0, 6.0, 4.0, 1.0)
"""How much a word counts in each column, for bm25."""


class SearchDocument(Base):
    """What is shown of a plugin in a list. ``kinds`` and ``permissions`` are words separated by spaces.

    ``listed`` is False once nobody is to find it any more. ``serial`` grows with each change of any document.
    """

    __tablename__ = "search_documents"

    project_id: Mapped[int] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    wire: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(64))
    summary: Mapped[str] = mapped_column(Text)
    kinds: Mapped[str] = mapped_column(Text)
    permissions: Mapped[str] = mapped_column(Text)
    runtime: Mapped[str] = mapped_column(String(16))
    risk: Mapped[str] = mapped_column(String(8))
    proof: Mapped[str] = mapped_column(String(255))
    signer_json: Mapped[str] = mapped_column(Text)
    verified: Mapped[bool]
    releases: Mapped[int]
    downloads: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[float]
    updated: Mapped[float]
    listed: Mapped[bool]
    serial: Mapped[int] = mapped_column(BigInteger, index=True)


class SearchSerial(Base):
    """The one row (``id`` 0) that counts changes. Who writes locks it: serials become visible in their order."""

    __tablename__ = "search_serial"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)


def create_text(connection: Connection) -> None:
    """Make the index of words."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {TEXT} USING fts5({', '.join(COLUMNS)}, prefix='2 3',"
            ' tokenize="unicode61 remove_diacritics 0")'
        )
        return
    connection.exec_driver_sql(
        f"CREATE TABLE {TEXT} (project_id BIGINT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,"
        " words TSVECTOR NOT NULL)"
    )
    connection.exec_driver_sql(f"CREATE INDEX ix_{TEXT}_words ON {TEXT} USING gin (words)")


def drop_text(connection: Connection) -> None:
    """Take it away."""
    connection.exec_driver_sql(f"DROP TABLE {TEXT}")


def is_text(name: str) -> bool:
    """Tell whether a table is the index of words, or a part that FTS5 made of it: alembic knows nothing of them."""
    return name == TEXT or name.startswith(f"{TEXT}_")
