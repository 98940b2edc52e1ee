"""For clients that cannot change: the server decides which format each of them gets.

A LiteLLM proxy's own version decides what every client sees, in every language (BerriAI/litellm
issue 14244). Here the operator does: :mod:`.negotiation` chooses a format for each reply, and the
ASGI middleware (:mod:`.asgi`) or the standalone gateway (:mod:`.gateway`) writes it.
"""

from __future__ import annotations

from .asked import Asked
from .negotiation import Decision, Negotiation

__all__ = ["Asked", "Decision", "Negotiation"]
