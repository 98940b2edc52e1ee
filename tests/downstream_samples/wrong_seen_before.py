"""Keeps pictures apart by how they begin."""

READS = {"formats": ["images", "image"], "carriers": ["dict"], "streamed": True}


def images(chunks):
    seen = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            delta = choice["delta"]
            items = delta.get("images") or []
            if delta.get("image"):
                items = [{"image_url": delta["image"]}]
            for item in items:
                seen.setdefault(item["image_url"]["url"][:80], item["image_url"]["url"])
    return list(seen.values())
