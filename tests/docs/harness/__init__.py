"""Runs the documentation: what a page shows is done, in the order of the page, in a project of its own."""
