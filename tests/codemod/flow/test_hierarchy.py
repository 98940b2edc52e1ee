"""Methods that classes in other files inherit, override and are handed replies by."""

import ast
import itertools

import pytest

from imageshim.codemod.flow.hierarchy import Hierarchy
from imageshim.codemod.flow.scopes import MOST_ABOVE, Class, ClassInfo, Scope
from imageshim.codemod.flow.values import Ref
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source
from indexing import fixed, indexed

ASK = 'litellm.completion(model="gemini-image", messages=[p])'
NEW = 'images[0]["image_url"]["url"]'
TEMPLATE = f"""
    import litellm
    class Base:
        def run(self, p):
            return self.extract({ASK}.choices[0].message)
        def extract(self, message):
            raise NotImplementedError
"""
READER = """
    from base import Base
    class Url(Base):
        def extract(self, message):
            return message.image["url"]
"""


def certain(files, path):
    """Return, of each finding in a file, whether it is a safe edit."""
    index, data = indexed(files)
    found = check(Source(path, data[path]), Settings(), index=index)
    return [one.applicability == "safe" and bool(one.edits) for one in found]


def test_a_base_class_hands_its_reply_to_the_class_below():
    assert NEW in fixed({"base.py": TEMPLATE, "url.py": READER})["url.py"]


def test_an_abstract_method_need_not_be_there():
    template = TEMPLATE.partition("        def extract")[0]

    assert NEW in fixed({"base.py": template, "url.py": READER})["url.py"]


def test_through_a_class_between_in_a_third_file():
    middle = "from base import Base\nclass Middle(Base):\n    pass\n"
    reader = READER.replace("base import Base", "middle import Middle").replace("(Base", "(Middle")

    assert NEW in fixed({"base.py": TEMPLATE, "middle.py": middle, "url.py": reader})["url.py"]


def test_through_a_class_between_in_the_same_file():
    reader = READER.replace("Url(Base)", "Url(Middle)").replace(
        "class", "class Middle(Base): pass\n    class"
    )

    assert NEW in fixed({"base.py": TEMPLATE, "url.py": reader})["url.py"]


def test_what_others_hand_the_method_counts_as_well():
    other = "from url import Url\ndef show(thing): return Url().extract(thing)\n"

    assert certain({"base.py": TEMPLATE, "url.py": READER}, "url.py") == [True]
    assert certain({"base.py": TEMPLATE, "url.py": READER, "other.py": other}, "url.py") == [False]


ASKING = f"""
    import litellm
    class Base:
        def ask(self, p):
            return {ASK}
        def __init__(self): self.last = {ASK.replace("[p]", "[]")}
"""


@pytest.mark.parametrize("reply", ["self.ask(p)", "super().ask(p)", "self.last"])
def test_a_class_below_reads_what_its_base_gives(reply):
    reader = f"""
        from base import Base
        class Url(Base):
            def draw(self, p):
                return {reply}.choices[0].message.image["url"]
    """

    assert NEW in fixed({"base.py": ASKING, "url.py": reader})["url.py"]


def test_a_method_of_its_own_goes_before_the_inherited_one():
    reader = """
        import litellm
        from base import Base
        class Url(Base):
            def ask(self, p): return "text"
            def draw(self, p):
                return self.ask(p).choices[0].message.image["url"]
    """

    assert NEW not in fixed({"base.py": ASKING, "url.py": reader})["url.py"]


@pytest.mark.parametrize(
    ("given", "read"),
    [("", '.choices[0].message.image["url"]'), (".choices[0].message", '.image["url"]')],
)
def test_what_a_class_below_gives_may_be_another_ones_as_well(given, read):
    base = f"""
        import litellm
        class Base:
            def draw(self, p): return self.ask(p){read}
    """
    below = f"""
        import litellm
        from base import Base
        class Ours(Base):
            def ask(self, p): return {ASK}{given}
    """

    assert certain({"base.py": base, "ours.py": below}, "base.py") == [False]


def test_a_decoder_of_the_base_class_is_a_sign():
    base = """
        import base64
        class Base:
            def save(self, uri): return base64.b64decode(uri.split(",")[1])
    """
    reader = """
        import litellm
        from base import Base
        class Url(Base):
            def draw(self, p, model):
                reply = litellm.completion(model=model, messages=[p])
                self.save(reply.choices[0].message.content)
    """

    assert certain({"base.py": base, "url.py": reader}, "url.py") == [True]


def test_what_the_same_file_has_below_is_no_doubt():
    files = {"backends.py": f"""
        import litellm
        class Backend:
            def complete(self, p): raise NotImplementedError
            def url(self, p): return self.complete(p).image["url"]
        class Ours(Backend):
            def complete(self, p): return {ASK}.choices[0].message
    """, "service.py": "from backends import Ours\nprint(Ours().url('cat'))\n"}  # fmt: skip

    assert NEW in fixed(files)["backends.py"]


def test_classes_whose_names_go_in_a_circle():
    reader = """
        from base import Base
        class Url(Base):
            pass
        for _ in range(2):
            class Other(Url):
                def extract(self, message):
                    return message.image["url"]
            class Url(Other):
                pass
    """

    assert NEW in fixed({"base.py": TEMPLATE, "url.py": reader})["url.py"]


@pytest.mark.parametrize("count", [20, 3000])
def test_of_a_chain_of_bases_longer_than_calls_can_be_deep_the_nearest_count(count):
    scope = Scope(ast.Module([], []), None)
    names = [f"C{number}" for number in range(count)]
    chain = [ClassInfo(ast.ClassDef(name, [], [], [], []), scope) for name in names]
    for one, above in itertools.pairwise(chain):
        one.bases = [Class(above)]
    chain[-1].bases = [Ref("base.Base")]
    nearest = [*(f"m.{name}" for name in names[1:]), "base.Base"]

    assert Hierarchy().above(chain[0], "m", str) == nearest[:MOST_ABOVE]
