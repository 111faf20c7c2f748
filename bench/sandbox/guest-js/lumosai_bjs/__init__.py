"""The bench's guest."""
