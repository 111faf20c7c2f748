"""Python that a model wrote, run in a sandbox. Nothing here may run outside of one: it is no sandbox by itself."""
