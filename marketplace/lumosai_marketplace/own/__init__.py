"""Signing one's own plugins for one's own hosts: a sigstore instance in a folder, no service, network or account."""
