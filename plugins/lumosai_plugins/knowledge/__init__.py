"""Documents an agent may look things up in: read, cut into chunks, embedded, found by meaning and by words."""
