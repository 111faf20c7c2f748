"""The subcommands of ``lumos plugin``."""
