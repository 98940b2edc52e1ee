"""A regular expression over the content: "=" stands in the set, and PNG only."""

import base64
import re

READS = {"formats": ["content"], "carriers": ["dict"]}


def images(reply):
    content = reply["choices"][0]["message"]["content"] or ""
    return [
        base64.b64decode(found + "==")
        for found in re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", content)
    ]
