"""Vector collections in PostgreSQL with the extension pgvector."""
