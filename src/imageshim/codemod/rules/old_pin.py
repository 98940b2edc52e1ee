"""The project is pinned to a LiteLLM release that gives images in an old format.

Replies carry images in ``message.content`` up to 1.76.0, in ``message.image`` from 1.76.1 to 1.76.3
(the first of several only: BerriAI/litellm PR #13983), and in ``message.images`` from 1.77.0 on
(PR #14160). A pin such as ``litellm==1.76.1``, or a bound such as ``litellm<1.77``, in
pyproject.toml, a requirements file, a lock or wherever else dependencies are named, keeps a project
before that.

Code is rewritten for the releases that the project asks for: as long as an old one is among them,
to helpers of imageshim that read every format. Raise the pin, and the plain ``message.images`` will
do.
"""

from __future__ import annotations

from . import Rule, add

# Python has no pins: `running.pin_reports` reads the files that do.
add(Rule("IMG202", "old-pin", __doc__ or "", before="litellm==1.76.1", after="litellm>=1.77"))
