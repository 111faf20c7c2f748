"""Scorers: rules, tool calls, and judgements of a model."""
