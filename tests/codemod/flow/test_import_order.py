"""What a file imports is interpreted before it."""

import pytest

from imageshim.codemod.flow.import_order import in_order
from imageshim.codemod.flow.project_index import ProjectIndex
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.text.source import Source


def ordered(**files):
    sources = [
        Source(f"app/{name}.py".replace("init", "__init__"), text.encode())
        for name, text in files.items()
    ]
    index = ProjectIndex([one.path for one in sources], (), known(), Reads)
    found = in_order(sources, index)
    return " ".join(one.path[4:-3] for one in found)


@pytest.mark.parametrize(
    ("files", "order"),
    [
        ({"a": "import os", "b": "", "c": "import litellm"}, "a b c"),
        ({"init": "", "a": "import app.b", "b": "from app.c import d", "c": ""}, "__init__ c b a"),
        ({"init": "", "a": "from . import b", "b": ""}, "__init__ b a"),
        ({"init": "", "a": "from .b import ask as b", "b": ""}, "__init__ b a"),
        ({"a": "import b", "b": "import a"}, "b a"),
        ({"a": "import a", "b": "import missing"}, "a b"),
        ({"a": "import b", "b": "no python ("}, "b a"),
        ({"a": "def f():\n    import b", "b": ""}, "a b"),
    ],
)
def test_imported_files_come_first(files, order):
    assert ordered(**files) == order
