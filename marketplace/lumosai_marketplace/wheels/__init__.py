"""Wheels, looked into without running any of them."""
