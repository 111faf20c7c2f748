"""``/v1/ws``: runs and what happens on the host, many at once over one WebSocket."""
