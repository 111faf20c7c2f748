"""The version of the host, on its own so that ``lumos --version`` reads nothing else."""

__version__ = "0.1.0"
