"""A deterministic model for tests, demos and benchmarks."""
