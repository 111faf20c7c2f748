"""What makes the pages of docs/reference/: one module a page, each with ``pages() -> {file name: text}``."""
