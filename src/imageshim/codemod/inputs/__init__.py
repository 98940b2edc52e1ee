"""Where Python code is found: files, notebooks, fenced code in documents, shell scripts.

Stands on :mod:`..text` and :mod:`..project`.
"""
