"""One module a format: how it is spelled, since when, until when, and the functions for it.

``lift`` reads a format's field into parts, ``lower`` writes parts into fields. A further spelling
of single images is added with :func:`imageshim.messages.formats.dialects.register`.
"""
