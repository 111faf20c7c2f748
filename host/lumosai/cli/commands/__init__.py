"""One module a command: ``configure`` declares its arguments, ``run`` does it and returns the exit code."""
