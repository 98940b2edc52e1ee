"""A reader that leaves it to imageshim."""

import imageshim


def images(reply):
    return imageshim.read(reply).images
