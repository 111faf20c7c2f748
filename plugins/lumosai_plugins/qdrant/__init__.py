"""Vector collections in Qdrant."""
