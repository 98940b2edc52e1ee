"""Code for LiteLLM up to 1.76.0, as its migration guide shows it: the image is the content."""

import base64
import sys
from pathlib import Path

from litellm import completion

response = completion(
    model="gemini/gemini-2.0-flash-exp-image-generation",
    messages=[{"role": "user", "content": "Generate an image of a banana"}],
    modalities=["image", "text"],
)

base_64_image_data = response.choices[0].message.content

Path(sys.argv[1]).write_bytes(base64.b64decode(base_64_image_data.split("base64,")[1]))
