"""The rules of the guard. Their ids are stable; what stands beside each is told to whoever is refused by it."""

from __future__ import annotations

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    f"guard.{rule}": hint
    for rule, hint in {
        # the file
        "filename": "a plugin's wheel is called like acme_weather-1.0.0-py3-none-any.whl, name and version normalised",
        "tag": "a plugin's wheel is pure: py3-none-any, unless the owner allows native code",
        "size": "wheels, their members and their number have limits; leave out what the plugin does not need",
        # the archive
        "zip": "build the wheel again: `lumos plugin build`, `uv build` or `python -m build`",
        "polyglot": "nothing stands before, between or behind the members of a wheel",
        "overlap": "each member of a wheel has bytes of its own",
        "zip64": "a wheel has no use for zip64: its limits are far below",
        "descriptor": "write the wheel to a file and not to a pipe: sizes stand in the headers, not behind the data",
        "comment": "a wheel's archive has no comments",
        "extra": "extra fields can rename members or make links of them; only times and owners are let in",
        "local-header": "a member says the same of itself where it stands and in the archive's directory",
        "encrypted": "nothing in a wheel is encrypted",
        "compression": "members are stored or deflated: all installers read those",
        "bomb": "members unpack to what they say, to no more than 200 times their size, and within the limits",
        "checksum": "build the wheel again: its bytes are damaged",
        # names of members
        "duplicate": "each member has a name of its own",
        "clash": "members' names differ by more than upper and lower case, or forms of one letter",
        "path": "members lie inside of the wheel, with names that all operating systems keep as they are",
        "reserved-name": "the name means a device to Windows",
        "control-character": "names are made of characters that can be seen",
        "special-file": "a wheel holds plain files: no links, devices or set-user-id bits",
        # what is where
        "pth": "a .pth or .start file runs code at every start of Python",
        "data-scheme": "a .data folder writes outside of the package: scripts, headers, whatever lies beside them",
        "top-level": "a wheel holds one package, named as the project with _ for -, and its .dist-info",
        "shadow": "the name is taken: by Python, by LumosAI or by a well-known distribution",
        "package": "the package has an __init__.py: without one, any distribution could add to it",
        "dist-info": ".dist-info holds what the builders of wheels write, and nothing that installers do",
        "native": "native code runs outside of every check; `lumos-trust.toml` says for whom it is allowed",
        "bytecode": "byte code may do other things than the source beside it; Python makes it by itself",
        "nested": "archives of code inside of a wheel are seen by nobody",
        "source": "source is UTF-8 that reads as it runs: no other encodings, no characters that reorder the text",
        "stub": "the package of a sandboxed plugin has an __init__.py of a docstring and comments, and no other Python",
        # what it says of itself
        "metadata": "see the core metadata specifications; `twine check` and `lumos plugin build` help",
        "wheel-file": "see the binary distribution format; build the wheel again",
        "name": "file name, METADATA, .dist-info and entry point name one plugin; the manifest has its second part",
        "version": "file name, METADATA, .dist-info and manifest have one version, normalised and without a local part",
        "requirement": "requirements are names with versions; a sandboxed plugin has none, they are in its component",
        "url-dependency": "a requirement by URL is fetched from where no index and no signature is",
        "text": "what people are shown has no control characters, none that reorder it and none that cannot be seen",
        "link": "links are http or https",
        "entry-points": "entry_points.txt has one group, lumosai.plugins, with one plugin: no scripts, no other groups",
        "manifest": "lumos-plugin.toml lies in the package; `lumos plugin inspect` says what is wrong with it",
        "several": "one plugin a wheel",
        "target": "contributions and hooks lead to modules of the plugin's own package",
        "component": 'runtime = "wasm" means a WebAssembly component, as `lumos plugin build` makes it',
        "record": "RECORD lists every file once, with its SHA-256 and size; build the wheel again",
    }.items()
}
