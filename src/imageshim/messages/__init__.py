"""One message of a reply: its carrier, its format, its parts, and the way between them.

Imports `imageshim.image_data`, `imageshim.long_json` and the doors `errors` and `timeline`.
"""
