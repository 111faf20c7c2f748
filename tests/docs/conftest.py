from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

for folder in (Path(__file__).parent, DOCS):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
