"""One module per agent framework, each run in a process of its own with `python -m bench.subjects.<name>`."""
