"""The jailed tier: guests run in worker processes that can do nothing but compute and talk over one socket."""
