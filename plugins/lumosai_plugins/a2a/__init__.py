"""The Agent2Agent protocol both ways: others call agents of the host, and its agents call others."""
