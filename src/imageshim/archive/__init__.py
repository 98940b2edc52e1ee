"""Stored replies in bulk: JSON Lines, batch files, Parquet, exports of tracing tools.

Replies are found wherever in a record they are, and changed in their place; all else stays byte for
byte as it was. `raw_json` does that to a record's bytes, `places` finds the replies, `record` is
what is done with one, `blocks` with a part of a file, `running` with all of them.

It is larger than a conversion of parsed records would be, for four reasons. A record is not parsed
and written anew: what changes is put into its bytes (`raw_json`). pyarrow cannot add fields to a
struct while it copies a table (`tables`). fsspec has neither names for outputs, nor readers that
say where a compressed file breaks off (`sources`). And images come back as they were spelled
(`extraction`).
"""

from __future__ import annotations

from .pipelines import convert_batch, convert_records

__all__ = ["convert_batch", "convert_records"]
