"""What runs inside a sandboxed Python plugin: the contract's exports, made of the objects its manifest names.

Standard library only, without event loop or threads: a guest has neither. Nothing here knows of WebAssembly but
``component``, so that all of it is tested as ordinary Python.
"""
