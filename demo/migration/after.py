"""The same for LiteLLM from 1.77.0 on, as its migration guide shows it: the image is in a list."""

import base64
import sys
from pathlib import Path

from litellm import completion

response = completion(
    model="gemini/gemini-2.0-flash-exp-image-generation",
    messages=[{"role": "user", "content": "Generate an image of a banana"}],
    modalities=["image", "text"],
)

print(response.choices[0].message.content)
print(response.choices[0].message.images[0].keys())
image_url = response.choices[0].message.images[0]["image_url"]["url"]

Path(sys.argv[1]).write_bytes(base64.b64decode(image_url.split("base64,")[1]))
