"""Agents that work together: asked as tools, one by one or as a council."""
