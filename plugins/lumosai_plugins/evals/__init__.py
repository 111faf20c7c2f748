"""Evaluation: scorers, datasets, experiments, and what became of them."""
