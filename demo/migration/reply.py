"""What a release gives, without a shim: the reply as JSON."""

import sys
from pathlib import Path

from litellm import completion

response = completion(
    model="gemini/gemini-2.0-flash-exp-image-generation",
    messages=[{"role": "user", "content": "Generate an image of a banana"}],
    modalities=["image", "text"],
)

Path(sys.argv[1]).write_text(response.model_dump_json(), encoding="utf-8")
