"""Versions of agents: drafts that are tried before they hold, and what held before."""
