"""The HTTP service: ``/v1``, plugin routes, and the OpenAI-compatible family. One file a resource."""
