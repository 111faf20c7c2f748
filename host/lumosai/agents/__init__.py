"""Agents: what they are, and the plan made of one before it runs."""
