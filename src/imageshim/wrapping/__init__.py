"""Calls whose replies come in the format that the caller knows, and warnings that say where.

`wrap.wrap` wraps one function or client, `installation.install` the whole process. Neither LiteLLM
nor the OpenAI SDK is imported for it, and wrapt (which imports asyncio) only when something is
wrapped. Nothing stands here: a name ``wrap`` beside the module of that name could be either.
"""
