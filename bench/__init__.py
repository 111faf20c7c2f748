"""Benchmarks of LumosAI and of its peers; see README.md."""
