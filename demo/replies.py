"""Real replies of four LiteLLM versions, read, converted to one format, and back.

The replies are captures: what each version made of the same answer of the model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from imageshim import convert, detect, normalize, read_all

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT / "tests" / "captures"
PICTURES = ROOT / "demo-output"
VERSIONS = ("1.75.9", "1.76.3", "1.77.0", "1.109.1")
SCENARIOS = ("b_text_image", "d_text_image_text_image", "g_jpeg", "h_webp")
OLD = {"1.75.9": "content", "1.76.3": "image"}


def main() -> int:
    table = Table(box=box.SIMPLE_HEAD, title="One answer of the model, as four versions give it")
    for column in ("LiteLLM", "answer", "images in", "text", "found", "to images and back"):
        table.add_column(column)
    exact = True
    for version in VERSIONS:
        for line in (CAPTURES / f"litellm-{version}.jsonl").read_text().splitlines():
            call = json.loads(line)
            if call["mode"] != "completion" or call["scenario"] not in SCENARIOS:
                continue
            reply = call["response"]
            canonical = normalize(reply, source=version)
            old = OLD.get(version, "content")
            if version in OLD:
                same = json.dumps(convert(canonical, old)) == json.dumps(reply)
            else:
                same = convert(convert(canonical, old), "images") == canonical
            exact &= same
            (reading,) = read_all(reply, source=version)
            found = ", ".join(
                f"{i.mime_type} {i.width}×{i.height} {i.size_in_bytes} B" for i in reading.images
            )
            for image in reading.images:
                image.save(PICTURES / version / f"{call['scenario']}-{image.index}", overwrite=True)
            table.add_row(
                version, call["scenario"], str(detect(reply, version)), repr(reading.text), found,
                "exact" if same else "DIFFERENT",
            )  # fmt: skip
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 150).print(table)
    print(
        f"The images are in {PICTURES.name}/. (1.76.3 itself gives the first of two images only.)"
    )
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
