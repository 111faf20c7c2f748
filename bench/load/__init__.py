"""Agents served over HTTP under load: LumosAI, and what the Python frameworks beside it do with the same requests."""
