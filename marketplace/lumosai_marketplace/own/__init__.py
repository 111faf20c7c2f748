"""Signing one's own plugins for one's own hosts: a sigstore instance in a folder, and no service, network or account."""
