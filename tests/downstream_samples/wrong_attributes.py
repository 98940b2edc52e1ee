"""Copied from a gateway's documentation: the items are dicts."""

READS = {"formats": ["images"], "carriers": ["openai"]}


def images(response):
    message = response.choices[0].message
    if hasattr(message, "images") and message.images:
        return [image.image_url.url for image in message.images]
    return []
