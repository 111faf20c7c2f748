"""The command line, ``lumos``. Nothing heavy is imported before the command that needs it is known."""
