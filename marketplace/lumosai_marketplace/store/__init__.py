"""Installed plugins, by what they contain."""
