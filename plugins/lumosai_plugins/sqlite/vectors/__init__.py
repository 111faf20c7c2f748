"""Vector collections in one SQLite file: exact search over vectors in memory, words by FTS5, metadata by index."""
