"""An MCP server's helper: the canonical format, then the list."""

import base64

import imageshim


def images(response):
    message = imageshim.normalize(response)
    message = (
        message["choices"][0]["message"]
        if isinstance(message, dict)
        else message.choices[0].message
    )
    items = message.get("images") if isinstance(message, dict) else getattr(message, "images", None)
    return [base64.b64decode(item["image_url"]["url"].split(",", 1)[1]) for item in items or []]
