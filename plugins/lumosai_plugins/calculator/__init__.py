"""Arithmetic for agents: exact, and with no way from an expression to code."""
