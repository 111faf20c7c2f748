"""Whether a service stays as it is: half the top rate for ten minutes, with all that clients and plugins do wrong."""
