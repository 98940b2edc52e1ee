"""Takes the first picture, without a look whether there is one."""

READS = {"formats": ["images"], "carriers": ["dict"]}


def images(body):
    return body["choices"][0]["message"]["images"][0]["image_url"]["url"]
