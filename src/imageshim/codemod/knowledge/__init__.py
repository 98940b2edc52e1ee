"""What is known about libraries: the calls that give replies, and what hands values on.

One library a file; :func:`known` is what the interpreter is handed. To add one, write a
function that returns what a call of it gives, and put it under the name of its package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imageshim.codemod.flow.hooks import Knowledge

__all__ = ["known"]


def known() -> Knowledge:
    """Return all of it."""
    from imageshim.codemod.flow.hooks import Knowledge  # noqa: PLC0415  # it stands on the flow

    from . import imageshim, litellm, testing  # noqa: PLC0415

    return Knowledge(
        calls={"litellm": litellm.call, "imageshim": imageshim.call},
        methods={"router": litellm.router_method, "client": litellm.client_method},
        unseen=testing.mocked,
    )
