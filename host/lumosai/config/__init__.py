"""Configuration: ``lumos.toml`` and the environment over it."""
