"""A script over requests, for a server of today: JSON, and no library."""

READS = {"formats": ["images"], "carriers": ["dict"]}


def images(body):
    message = body["choices"][0]["message"]
    return [item["image_url"]["url"] for item in message.get("images") or []]
