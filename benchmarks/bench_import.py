"""What an import costs, in imports of pydantic; each in a process of its own."""

from __future__ import annotations

import math
import subprocess
import sys

from .rows import Row

UNIT = "import pydantic"
STATEMENTS = {
    "import imageshim": 1.3,
    "from imageshim import convert, convert_bytes, read": 1.3,
    # With the wrapper of clients, and so wrapt, asyncio and importlib.metadata.
    "from imageshim import *": math.inf,
}
ROUNDS = 15


def seconds(statement: str) -> float:
    """The processor time of one import; to start Python is not counted."""
    program = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return float(done.stdout)


def run() -> list[Row]:
    rounds = [[seconds(statement) for statement in (UNIT, *STATEMENTS)] for _ in range(ROUNDS)]
    unit, *others = map(min, zip(*rounds, strict=True))
    return [
        Row(f"{statement} / {UNIT}", shortest / unit, limit)
        for (statement, limit), shortest in zip(STATEMENTS.items(), others, strict=True)
    ]
