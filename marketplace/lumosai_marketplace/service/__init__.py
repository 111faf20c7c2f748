"""The service: an index that pip, uv and twine understand, and the pages and API around it."""
