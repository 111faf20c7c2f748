"""What tests of plugins need: fixtures for pytest, scripted models, a conformance class a kind."""
