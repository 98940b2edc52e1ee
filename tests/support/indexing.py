"""Projects in memory, with an index of what their files hand to one another."""

from __future__ import annotations

import pickle
import textwrap

from imageshim.codemod.flow.project_index import ProjectIndex
from imageshim.codemod.inputs.worth_a_look import look_at
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check, fix
from imageshim.codemod.text.source import Source


def indexed(files: dict[str, str]) -> tuple[ProjectIndex, dict[str, bytes]]:
    data = {path: textwrap.dedent(text).encode() for path, text in files.items()}
    index = ProjectIndex(data, (), known(), Reads)
    for path, content in data.items():
        if look_at(content).worth_it:
            index.add(Source(path, content))
    while more := [*index.handed, *(one for one in index.unseen if may_import(data[one], index))]:
        for path in more:
            index.add(Source(path, data[path]))
    index.settle(lambda path: Source(path, data[path]))
    return pickle.loads(pickle.dumps(index)), data  # noqa: S301  # workers are handed it


def may_import(data: bytes, index: ProjectIndex) -> bool:
    return any(name in data for name, _ in index.exports)


def fixed(files: dict[str, str], *, unsafe: bool = False) -> dict[str, str]:
    index, data = indexed(files)
    out = {}
    for path, content in data.items():
        source = Source(path, content)
        out[path] = fix(source, check(source, Settings(), index=index), unsafe=unsafe).decode()
    return out
