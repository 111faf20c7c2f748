"""What quarantined plugins were before, to be that again; minted tokens are whose identity was exchanged for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FORMER = {"releases": ("former_state", "former_reason"), "projects": ("former_status", "former_reason")}


def upgrade() -> None:
    """Add the columns; tokens that were minted for one publisher, minutes ago, end."""
    for table, (state, reason) in _FORMER.items():
        op.add_column(table, sa.Column(state, sa.String(length=16), nullable=False, server_default=""))
        op.add_column(table, sa.Column(reason, sa.Text(), nullable=False, server_default=""))
    op.execute("DELETE FROM tokens WHERE publisher_id IS NOT NULL")
    with op.batch_alter_table("tokens") as batch:
        batch.drop_index(op.f("ix_tokens_publisher_id"))
        batch.drop_constraint(op.f("fk_tokens_publisher_id"), type_="foreignkey")
        batch.drop_column("publisher_id")
        batch.add_column(sa.Column("signer_json", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take the columns away."""
    op.execute("DELETE FROM tokens WHERE signer_json != ''")
    with op.batch_alter_table("tokens") as batch:
        batch.drop_column("signer_json")
        batch.add_column(sa.Column("publisher_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_tokens_publisher_id"), "publishers", ["publisher_id"], ["id"])
        batch.create_index(op.f("ix_tokens_publisher_id"), ["publisher_id"])
    for table, columns in _FORMER.items():
        for column in columns:
            op.drop_column(table, column)
