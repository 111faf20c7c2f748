"""What ``lumos trust`` does."""
