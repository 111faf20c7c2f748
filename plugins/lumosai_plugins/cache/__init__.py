"""Answers of models that were given before: given again, at once and for nothing."""
