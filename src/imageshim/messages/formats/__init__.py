"""One module a format: how it is spelled, since when, until when, and the functions for it.

``lift`` reads a format's field into parts, ``lower`` writes parts into fields. The spellings of
single images in other gateways stand in :mod:`imageshim.messages.formats.dialects`.
"""
