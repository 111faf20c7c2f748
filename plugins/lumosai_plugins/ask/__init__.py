"""Lets an agent ask the person it works for."""
