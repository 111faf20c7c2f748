"""Made from docs/reference/openapi.json by `make clients`: change that, or tools/clients.py."""
