"""Whether something is whole, who signed it, whether the owner trusts them, and whether everybody is shown the same."""
