"""Stored replies in bulk: JSON Lines, batch files, Parquet, exports of tracing tools.

Replies are found wherever in a record they are, and changed in their place; all else stays byte for
byte as it was. `raw_json` does that to a record's bytes, `places` finds the replies, `record` is
what is done with one, `blocks` with a part of a file, `running` with all of them.
"""

from __future__ import annotations

from .pipelines import convert_batch, convert_records

__all__ = ["convert_batch", "convert_records"]
