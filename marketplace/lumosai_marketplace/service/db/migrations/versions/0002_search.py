"""The documents of the search and the index of their words; downloads by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lumosai_marketplace.service.search import schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _documents()
    serial = op.create_table(
        "search_serial",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_serial")),
    )
    op.bulk_insert(serial, [{"id": 0, "value": 0}])
    op.create_table(
        "download_days",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_download_days_project_id")),
        sa.PrimaryKeyConstraint("project_id", "day", name=op.f("pk_download_days")),
    )
    schema.create_text(op.get_bind())


def downgrade() -> None:
    """Drop them."""
    schema.drop_text(op.get_bind())
    op.drop_table("download_days")
    op.drop_table("search_serial")
    op.drop_table("search_documents")


def _documents() -> None:
    op.create_table(
        "search_documents",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wire", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("runtime", sa.String(length=16), nullable=False),
        sa.Column("risk", sa.String(length=8), nullable=False),
        sa.Column("proof", sa.String(length=255), nullable=False),
        sa.Column("signer_json", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("releases", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_search_documents_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_search_documents")),
    )
    op.create_index(op.f("ix_search_documents_serial"), "search_documents", ["serial"], unique=False)
