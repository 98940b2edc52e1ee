"""A chat page that collects a stream."""

import imageshim

READS = {"streamed": True}


def images(chunks):
    pictures = []
    for chunk in imageshim.convert_stream(chunks, "images"):
        for choice in chunk["choices"] if isinstance(chunk, dict) else chunk.choices:
            delta = choice["delta"] if isinstance(choice, dict) else choice.delta
            items = (
                delta.get("images") if isinstance(delta, dict) else getattr(delta, "images", None)
            )
            pictures += [item["image_url"]["url"] for item in items or []]
    return pictures
