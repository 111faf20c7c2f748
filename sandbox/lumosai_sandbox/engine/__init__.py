"""Running components on wasmtime: compiled code in, polled calls out. Knows nothing of plugins, rights or the host."""
