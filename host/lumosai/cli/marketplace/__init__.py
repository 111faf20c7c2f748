"""The subcommands of `lumos marketplace`: running an index of one's own."""
