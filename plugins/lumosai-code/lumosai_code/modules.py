"""The standard library as the sandbox has it: imported when the plugin is built, as there are no files later."""

# ruff: noqa: SIM905 - names are best read as words
from __future__ import annotations

import importlib
import sys
from contextlib import suppress

WANTED = """
abc argparse array ast base64 binascii bisect builtins calendar cmath codecs collections collections.abc colorsys
configparser contextlib contextvars copy copyreg csv dataclasses datetime decimal difflib dis email email.message
enum errno fnmatch fractions functools gc graphlib gzip hashlib heapq hmac html html.entities html.parser inspect io
ipaddress itertools json keyword linecache locale logging marshal math mimetypes numbers opcode operator os os.path
pathlib pickle platform posixpath pprint queue quopri random re reprlib sched secrets shlex stat statistics string
string.templatelib stringprep struct symtable sys tarfile textwrap time timeit token tokenize tomllib
traceback types typing unicodedata unittest urllib urllib.parse uuid warnings wave weakref
xml.dom.minidom xml.etree.ElementTree zipfile zlib _strptime
""".split()
"""What programs import; a module that this Python does not have is left out."""

_ENCODINGS = """
ascii base64_codec big5 cp037 cp1250 cp1251 cp1252 cp1253 cp1254 cp437 cp850 euc_jp euc_kr gb18030 gb2312 gbk
hex_codec idna iso2022_jp iso8859_1 iso8859_15 iso8859_2 iso8859_5 iso8859_7 iso8859_9 koi8_r latin_1 mac_roman
punycode quopri_codec raw_unicode_escape rot_13 shift_jis unicode_escape utf_16 utf_16_be utf_16_le utf_32 utf_32_be
utf_32_le utf_7 utf_8 utf_8_sig zlib_codec
""".split()


def load() -> frozenset[str]:
    """Import them all and return the names of those that are there."""
    for name in (*WANTED, *(f"encodings.{e}" for e in _ENCODINGS)):
        with suppress(ImportError):
            importlib.import_module(name)
    return frozenset(n for n in WANTED if n in sys.modules and not n.startswith("_"))


AVAILABLE = load()
"""What a program may import, in the words of the message that it gets for anything else."""
