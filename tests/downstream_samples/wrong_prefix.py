"""An agent framework's handler: content that begins with the picture, and nothing else."""

READS = {"formats": ["content"], "carriers": ["openai"]}

PREFIXES = ["data:image/jpeg;base64,", "data:image/jpg;base64,", "data:image/png;base64,"]


def images(response):
    content = response.choices[0].message.content
    if isinstance(content, str) and any(content.strip().startswith(one) for one in PREFIXES):
        return content.split(",", 1)[1]
    return None
