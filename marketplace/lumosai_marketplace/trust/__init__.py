"""Whom to trust: signatures verified, and the owner's policy asked."""
