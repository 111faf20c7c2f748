"""The version of the contract between host and plugins, on its own so that reading it costs nothing."""

API_VERSION = "1.0"
"""Checked against a manifest's ``api`` specifier before anything of the plugin is imported (PEP 440)."""
