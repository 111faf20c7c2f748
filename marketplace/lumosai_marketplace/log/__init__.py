"""The transparency log: what was published, for everybody to see."""
