"""The built-in plugins, one package each, found through the same entry-point group as a stranger's."""
