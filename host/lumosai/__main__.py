"""``python -m lumosai`` is ``lumos``."""

from __future__ import annotations

import sys

from lumosai.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
