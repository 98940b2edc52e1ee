"""Laws of the codemod, on programs that hypothesis writes.

A program takes a reply through aliases, functions, loops, classes and branches, next to objects
that are none, and shows what it reads. It is run as it was on a reply in the old format, and as it
is rewritten on the same reply with ``images``.
"""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codemod.cases import cases_of
from imageshim.codemod.project.settings import STYLES, Settings
from imageshim.codemod.running.engine import check, fix
from imageshim.codemod.text.source import Source

URLS = ("data:image/png;base64,AAAA", "data:image/gif;base64,BBBB")
FORMATS = ("image", "content")


class Thing:
    """An object with attributes that can be read as items too, as LiteLLM's messages can."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)

    def model_dump(self) -> dict[str, Any]:
        return {name: dumped(value) for name, value in self.__dict__.items()}


def dumped(value: Any) -> Any:
    if isinstance(value, list):
        return [dumped(one) for one in value]
    return value.model_dump() if isinstance(value, Thing) else value


class Message(Thing):
    """A message; imageshim knows LiteLLM's by where its class comes from."""


Message.__module__ = "litellm.types.utils"


def reply_in(format_name: str, text: str | None, urls: list[str] | None) -> Thing:
    fields: dict[str, Any] = {"role": "assistant", "content": text}
    if format_name == "images" and urls is not None:
        fields["images"] = [
            {"image_url": {"url": url, "detail": "auto"}, "index": place, "type": "image_url"}
            for place, url in enumerate(urls)
        ]
    elif format_name == "image" and urls:
        fields["image"] = {"url": urls[0], "detail": "auto"}
    elif format_name == "content" and urls:
        fields["content"] = (text or "") + "".join(urls)
    return Thing(choices=[Thing(message=Message(**fields))])


def run(program: str, reply: Thing, library: str) -> tuple[list[str], str | None]:
    shown: list[str] = []
    module = types.ModuleType(library)
    module.completion = lambda **_: reply
    decoy = Thing(
        choices=[Thing(message=Thing(image={"url": "decoy"}, content="data:image/decoy"))]
    )
    names = {"show": lambda *values: shown.append(repr(values)), "other": lambda *_: decoy}
    before = sys.modules.get(library)
    sys.modules[library] = module
    try:
        exec(compile(program, "program.py", "exec"), names)  # noqa: S102
    except Exception as error:  # noqa: BLE001  # what the program does is the result
        return shown, type(error).__name__
    finally:
        if before is None:
            del sys.modules[library]
        else:
            sys.modules[library] = before
    return shown, None


@dataclass
class Writer:
    """Writes a program, one step at a time; ``name`` holds a message (or a decoy of one)."""

    draw: Any
    format: str
    library: str
    lines: list[str] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    indent: str = ""
    count: int = 0

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def add(self, *lines: str) -> None:
        self.lines += [self.indent + line for line in lines]

    def source(self) -> str:
        """An expression that is a reply."""
        call = f'{self.library}.completion(model="gemini-image", messages=[])'
        kind = self.draw(
            st.sampled_from(["call", "function", "method", "closure", "list", "branch"])
        )
        if kind == "call":
            return call
        name = self.fresh()
        if kind == "function":
            self.tops += [f"def {name}():", f"    return {call}"]
            return f"{name}()"
        if kind == "method":
            self.tops += [
                f"class {name.title()}:",
                "    def __init__(self):",
                f"        self.reply = {call}",
                "    def ask(self):",
                "        return self.reply",
            ]
            return f"{name.title()}().ask()"
        if kind == "closure":
            self.tops += [
                f"def {name}(model):",
                "    def inner():",
                f"        return {call}",
                "    return inner",
            ]
            return f"{name}('x')()"
        if kind == "list":
            return f"[{call} for _ in range(2)][0]"
        return f"({call} if show else None)"

    def decoy(self) -> str:
        return "other()"

    def message(self, reply: str) -> str:
        """Take the message out of a reply; returns a name or an expression."""
        kind = self.draw(
            st.sampled_from(["chain", "name", "loop", "unpack", "walrus", "dict", "get"])
        )
        if kind == "chain":
            return f"{reply}.choices[0].message"
        name = self.fresh()
        if kind == "name":
            self.add(f"{name} = {reply}", f"{name} = {name}.choices[0].message")
        elif kind == "loop":
            self.add(f"for {name} in {reply}.choices:", f"    {name} = {name}.message")
        elif kind == "unpack":
            self.add(f"{name}, *_ = [c.message for c in {reply}.choices]")
        elif kind == "walrus":
            self.add(f"({name} := {reply}.choices[0].message)")
        elif kind == "dict":
            self.add(f"{name} = {{'m': {reply}.choices[0].message}}", f"{name} = {name}['m']")
        else:
            self.add(f"{name} = {reply}.choices[0]['message']")
        return name

    def moved(self, message: str) -> str:
        """Hand a message on."""
        kind = self.draw(
            st.sampled_from(
                ["stay", "alias", "function", "lambda", "if", "try", "tuple", "attribute"]
            )
        )
        if kind == "stay":
            return message
        name, other = self.fresh(), self.fresh()
        if kind == "alias":
            self.add(f"{name} = {message}")
        elif kind == "function":
            self.tops += [f"def {other}(item, extra=None):", "    return item"]
            self.add(f"{name} = {other}({message})")
        elif kind == "lambda":
            self.add(f"{name} = (lambda item: item)({message})")
        elif kind == "if":
            self.add(f"{name} = {message}", "if not show:", f"    {name} = {message}")
        elif kind == "try":
            self.add("try:", f"    {name} = {message}", "except OSError:", "    raise")
        elif kind == "tuple":
            self.add(
                f"{name}, {other} = {message}, other()", f"show({other}.choices[0].message.image)"
            )
        else:
            self.tops += [
                f"class {other.title()}:",
                "    def __init__(self, m):",
                "        self.m = m",
            ]
            self.add(f"{name} = {other.title()}({message}).m")
        return name

    def read(self, message: str) -> None:
        """Show a field of a message."""
        image = [
            'show({m}.image["url"])',
            'show({m}["image"]["url"])',
            'show({m}.get("image"))',
            'show(getattr({m}, "image", None))',
            'show(hasattr({m}, "image"))',
            'if hasattr({m}, "image"):\n    show({m}.image["url"])',
            'if getattr({m}, "image", None):\n    show("yes")\nelse:\n    show("no")',
            'if {m}.get("image") is not None:\n    show({m}.image)',
            'try:\n    show({m}.image["url"])\nexcept Exception:\n    show("none")',
            'try:\n    x = {m}.image["url"]\nexcept AttributeError:\n    x = None\nshow(x)',
            'show((lambda q: q.image["url"])({m}))',
            'show([q.image["detail"] for q in [{m}]])',
            'show((getattr({m}, "image", None) or {{}}).get("url"))',
        ]
        if message.isidentifier():  # a string of the message's own would end the f-string
            image.append("show(f\"{{{m}.image['url']}}\")")
        content = [
            "show({m}.content)",
            'show({m}["content"])',
            'show({m}.get("content", ""))',
            'show(({m}.content or "").strip())',
            'if {m}.content and {m}.content.startswith("data:image"):\n    show({m}.content)',
            'show(getattr({m}, "content", None))',
            "show((lambda q: q.content)({m}))",
        ]
        template = self.draw(st.sampled_from(image if self.format == "image" else content))
        self.add(*template.format(m=message).split("\n"))

    def shadowed(self, message: str) -> None:
        """Rebind a name to something else, and read that."""
        if message.isidentifier() and self.draw(st.booleans()):
            self.add(f"{message} = other().choices[0].message", f"show({message}.image['url'])")
            self.add(f"show({message}.content)")

    def text(self) -> str:
        return "\n".join([f"import {self.library}", *self.tops, *self.lines]) + "\n"


@st.composite
def programs(draw: Any, library: str = "litellm") -> tuple[str, str]:
    """A program and the format that it was written for."""
    writer = Writer(draw, draw(st.sampled_from(FORMATS)), library)
    for _ in range(draw(st.integers(1, 3))):
        inside = draw(st.booleans())
        if inside:
            name = writer.fresh()
            writer.lines.append(f"def {name}():")
            writer.indent = "    "
        is_decoy = draw(st.integers(0, 4)) == 0
        message = writer.message(writer.decoy() if is_decoy else writer.source())
        for _ in range(draw(st.integers(0, 3))):
            message = writer.moved(message)
        writer.read(message)
        if draw(st.booleans()):
            writer.read(message)
        writer.shadowed(message)
        writer.indent = ""
        if inside:
            writer.lines.append(f"{name}()")
    return writer.text(), writer.format


REPLIES = st.tuples(
    st.sampled_from([None, "Here it is: "]),
    st.sampled_from([None, [], [URLS[0]], list(URLS)]),
)


def rewritten(program: str, *, unsafe: bool = False, style: str = "plain") -> str:
    source = Source("program.py", program.encode())
    return fix(source, check(source, Settings(style=style)), unsafe=unsafe).decode()


@pytest.mark.parametrize("style", STYLES)
@given(written=programs(), reply=REPLIES)
def test_a_rewritten_program_does_what_it_did(style, written, reply):
    program, format_name = written
    text, urls = reply
    # Plain code gives the picture where the text had more in it than one.
    is_one = not urls or (not text and len(urls) == 1)
    assume(is_one or style == "helpers" or format_name == "image")
    before = run(program, reply_in(format_name, text, urls), "litellm")
    new = rewritten(program, style=style)
    after = run(new, reply_in("images", text, urls), "litellm")
    if before[1] is None:
        assert after == before
    else:  # where the old code did not work, it had shown something until then
        assert after[0][: len(before[0])] == before[0]


@given(programs())
def test_a_program_that_reads_an_image_of_a_reply_is_rewritten(written):
    program, format_name = written
    assume("other()" not in program)
    assume(format_name == "image")
    assume("except AttributeError" not in program)  # the next test's
    assert rewritten(program) != program


PLAIN = [
    case
    for case in cases_of(Path(__file__).parents[1] / "codemod" / "rules" / "cases" / "plain.txt")
    if "run" not in case.options
]


@pytest.mark.parametrize("urls", [list(URLS[:1]), list(URLS), [], None], ids=str)
@pytest.mark.parametrize("text", [None, "A cat, as you asked."])
@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.id)
def test_plain_code_gives_the_picture_that_there_was_and_text_stays_text(case, text, urls):
    of_text = ".content" in case.before or '["content"]' in case.before
    old = "content" if of_text else "image"
    before = run(case.before, reply_in(old, text, urls), "litellm")
    after = run(case.after, reply_in("images", text, urls), "litellm")

    if before[1] is not None:  # it may raise something else, or give the picture
        return
    if "guide" in case.title and not urls:  # a text was taken for an image, by its name
        assert after == ([], "IndexError" if urls == [] else "AttributeError")
        return
    if old == "image" or not urls or (text is None and len(urls) == 1):
        assert after == before
    else:  # it was the picture with something around it, or taken for text
        assert after[1] is None


READ_IN_TRY = """\
import litellm
try:
    x = litellm.completion(model="gemini-image", messages=[]).choices[0].message.image["url"]
except AttributeError:
    x = None
show(x)
"""


def test_a_read_whose_missing_image_is_caught_is_rewritten_with_its_handler():
    new = rewritten(READ_IN_TRY)
    assert new != READ_IN_TRY

    for urls in (list(URLS), list(URLS[:1]), [], None):
        old = run(READ_IN_TRY, reply_in("image", None, urls), "litellm")
        assert run(new, reply_in("images", None, urls), "litellm") == old


@given(programs(), st.booleans())
def test_a_second_run_changes_nothing(written, unsafe):
    once = rewritten(written[0], unsafe=unsafe)
    assert rewritten(once, unsafe=unsafe) == once


@given(programs(library="other_library"))
def test_a_program_without_litellm_keeps_every_byte(written):
    program, _ = written
    assert rewritten(program, unsafe=True) == program


@given(programs(library="other_library"))
def test_nor_does_one_that_only_mentions_it(written):
    program = "import litellm\n# litellm\n" + written[0]
    assert rewritten(program, unsafe=True) == program


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@given(written=programs())
def test_line_ends_and_what_is_not_rewritten_stay(newline, written):
    program = written[0]
    data = program.replace("\n", newline).encode()
    source = Source("program.py", data)
    new = fix(source, check(source, Settings()))
    assert new == rewritten(program).replace("\n", newline).encode()
