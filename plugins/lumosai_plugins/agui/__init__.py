"""The Agent User Interaction protocol: agents behind web applications that speak AG-UI."""
