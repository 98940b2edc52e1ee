"""Asks an object whether it has a key: the answer is no, always."""

READS = {"formats": ["images"], "carriers": ["openai"]}


def images(response):
    message = response.choices[0].message
    if "images" in message:
        return [item["image_url"]["url"] for item in message.images]
    return []
