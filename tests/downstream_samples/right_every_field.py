"""A tolerant helper of an application that outlived three LiteLLM versions."""

import imageshim

READS = {"carriers": ["dict"]}


def images(reply):
    message = reply["choices"][0]["message"]
    if message.get("images"):
        return [item["image_url"]["url"] for item in message["images"]]
    if message.get("image"):
        return message["image"]["url"]
    content = message.get("content")
    if isinstance(content, list):
        return [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    # Padded or not, a picture ends where its own bytes say so.
    return _of_text(content or "")


def _of_text(text):
    return [image.data for image in imageshim.read({"content": text}).images]
