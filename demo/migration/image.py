"""Code for LiteLLM 1.76.1 to 1.76.3: the image is `message.image`."""

import base64
import sys
from pathlib import Path

from litellm import completion

response = completion(
    model="gemini/gemini-2.0-flash-exp-image-generation",
    messages=[{"role": "user", "content": "Generate an image of a banana"}],
    modalities=["image", "text"],
)

image_url = response.choices[0].message.image["url"]

Path(sys.argv[1]).write_bytes(base64.b64decode(image_url.split("base64,")[1]))
