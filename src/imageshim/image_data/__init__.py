"""What an image is in bytes and in text: data URIs, Markdown images, the structure of image files.

Imports nothing but the standard library and `imageshim.errors`.
"""
