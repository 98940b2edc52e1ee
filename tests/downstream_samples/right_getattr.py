"""A backend over the OpenAI SDK: a loop with a guard."""

READS = {"formats": ["images"], "carriers": ["openai"]}


async def images(response):
    found = []
    for choice in response.choices:
        for item in getattr(choice.message, "images", None) or []:
            found += [item["image_url"]["url"]]
    return found
