"""A shell command reads an image where older LiteLLM versions put it.

LiteLLM put a generated image into ``message.content`` up to 1.76.0 (BerriAI/litellm PR #9646), into
``message.image`` from 1.76.1 to 1.76.3 (PR #13983), and into the list ``message.images`` from
1.77.0 on (PR #14160). What ``jq`` reads in the old place is ``null`` today, and ``base64 -d`` of
that writes an empty file without an error.

Found in shell scripts, and in the commands that Markdown and reStructuredText show; never
rewritten. Where nothing in the file names LiteLLM (its name, its proxy's port 4000), say which URLs
or files are LiteLLM's with ``--assume-litellm``.
"""

from __future__ import annotations

from . import Rule, add

_ASK = "curl $LITELLM/v1/chat/completions -d @request.json"

# Python has no such commands: `inputs.shell` reads the files that do.
add(
    Rule(
        "IMG201",
        "shell-read",
        __doc__ or "",
        before=f"{_ASK} | jq -r .choices[0].message.image.url",
        after=f"{_ASK} | jq -r .choices[0].message.images[0].image_url.url",
    )
)
