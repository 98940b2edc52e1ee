"""What a project says: its settings, its pins of LiteLLM, its repository, the trace of its runs.

Stands on :mod:`..text` at most.
"""
