"""Plugins: found without being imported, loaded on first use, swapped without losing a call."""
