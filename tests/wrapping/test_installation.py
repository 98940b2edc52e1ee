"""The whole process: what is installed, for whom, and how it is undone."""

from __future__ import annotations

import asyncio
import functools
import pickle
import sys
import types
import warnings

import openai
import pytest
import wrapt
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.types.chat import ChatCompletion, ChatCompletionMessage

import imageshim
from imageshim.testing import pictures
from imageshim.testing.fake_gemini import Image, Reply, Text

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
PNG_ITEM = {
    "image_url": {"url": pictures.png().url, "detail": "auto"},
    "index": 0,
    "type": "image_url",
}
CLASSES = (Completions, AsyncCompletions)


@pytest.fixture(autouse=True)
def _all_is_undone():
    before = [dict(vars(cls)) for cls in CLASSES]
    yield
    for cls, members in zip(CLASSES, before, strict=True):
        for name in ("create", "parse"):
            assert vars(cls)[name] is members[name], f"{cls.__name__}.{name} is still wrapped"


@pytest.fixture
def old_server(server):
    server.format = "image"
    return server


old_replies = pytest.mark.usefixtures("old_server")


def image_count(reply):
    return len(getattr(reply.choices[0].message, "images", None) or ())


def ask(client, **more):
    return client.chat.completions.create(**REQUEST, **more)


@old_replies
def test_every_client_is_wrapped_until_it_is_undone(client):
    installation = imageshim.install()
    try:
        assert installation.installed
        assert image_count(ask(client)) == 1
        assert image_count(ask(client.with_options(timeout=3))) == 1
        assert image_count(client.chat.completions.parse(**REQUEST)) == 1
        assert image_count(client.chat.completions.with_raw_response.create(**REQUEST).parse()) == 1
        with client.chat.completions.stream(**REQUEST) as stream:
            assert image_count(stream.get_final_completion()) == 2
    finally:
        installation.uninstall()

    assert not installation.installed
    assert image_count(ask(client)) == 0
    installation.uninstall()  # again does nothing


@old_replies
async def test_asynchronous_clients_too(async_client):
    with imageshim.install():
        reply = await asyncio.create_task(async_client.chat.completions.create(**REQUEST))
        assert image_count(reply) == 1


def test_signatures_and_types_stay(client):
    import inspect

    before = (
        inspect.signature(Completions.create),
        inspect.signature(client.chat.completions.create),
    )
    with imageshim.install():
        after = (
            inspect.signature(Completions.create),
            inspect.signature(client.chat.completions.create),
        )
        assert after == before
        assert Completions.create.__name__ == "create"
        assert inspect.ismethod(client.chat.completions.create)


@old_replies
def test_to_install_the_same_again_changes_nothing(client):
    first = imageshim.install()
    wrapper = vars(Completions)["create"]
    second = imageshim.install()
    with imageshim.install():
        assert vars(Completions)["create"] is wrapper
    assert first is second
    assert first.installed
    assert image_count(ask(client)) == 1

    second.uninstall()

    assert not first.installed
    assert image_count(ask(client)) == 0


@old_replies
def test_the_last_of_several_counts(client):
    with imageshim.install():
        with (
            imageshim.install(emit="parts"),
        ):
            assert isinstance(ask(client).choices[0].message.content, list)
        assert image_count(ask(client)) == 1


@old_replies
def test_one_may_be_undone_before_another(client):
    first = imageshim.install()
    second = imageshim.install(emit="parts")
    first.uninstall()
    assert isinstance(ask(client).choices[0].message.content, list)
    second.uninstall()
    assert image_count(ask(client)) == 0


@old_replies
def test_only_the_libraries_that_are_named(client):
    with imageshim.install(libraries=["litellm"]):
        assert image_count(ask(client)) == 0
    with imageshim.install(libraries="openai"):
        assert image_count(ask(client)) == 1


@old_replies
def test_callers_get_the_format_of_their_module(client):
    source = "def draw(client, request): return client.chat.completions.create(**request)"
    modules = {}
    for name in ("shop.reports", "shop.reports.weekly", "shop.reporting", "shop.app"):
        modules[name] = types.ModuleType(name)
        exec(source, modules[name].__dict__)  # noqa: S102  # our own

    callers = {"shop.reports.*": "content", "*.app": "parts"}
    with imageshim.install(callers=callers), warnings.catch_warnings():
        warnings.simplefilter("ignore", imageshim.LegacyImageFormatWarning)
        got = {name: module.draw(client, REQUEST) for name, module in modules.items()}

    formats = {name: str(imageshim.detect(reply)) for name, reply in got.items()}
    assert formats == {
        "shop.reports": "content",
        "shop.reports.weekly": "content",
        "shop.reporting": "images",
        "shop.app": "parts",
    }


@old_replies
def test_a_callers_call_warns_at_its_line(client):
    with (
        imageshim.install(callers={__name__: "content"}),
        pytest.warns(imageshim.LegacyImageFormatWarning) as seen,
    ):
        ask(client)

    assert seen[0].filename == __file__


PACKAGE = "def draw(client, **request): return client.chat.completions.create(**request)"


@old_replies
@pytest.mark.parametrize("folder", ["site-packages", "dist-packages"])
@pytest.mark.parametrize("emit", ["content", "image"])
def test_a_format_configured_for_an_installed_package_does_not_warn(client, tmp_path, folder, emit):
    path = tmp_path / folder / "adk" / "models.py"
    package = types.ModuleType("adk.models")
    package.__file__ = str(path)
    exec(compile(PACKAGE, path, "exec"), package.__dict__)  # noqa: S102  # our own
    before = imageshim.sites()

    with imageshim.install(callers={"adk.*": emit}), warnings.catch_warnings():
        warnings.simplefilter("error")
        reply = package.draw(client, **REQUEST)
        chunks = list(package.draw(client, **REQUEST, stream=True))

    assert imageshim.detect(reply) == imageshim.detect(imageshim.collect(chunks)) == emit
    assert imageshim.sites() == before
    with imageshim.install(emit=emit), pytest.warns(imageshim.LegacyImageFormatWarning):
        package.draw(client, **REQUEST)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"emit": "picture"}, "'picture' is not a format"),
        ({"callers": {"shop": "picture"}}, "'picture' is not a format"),
        ({"callers": {3: "content"}}, "3 is not a pattern"),
        ({"callers": {"": "content"}}, "'' is not a pattern"),
        ({"libraries": ["anthropic"]}, "anthropic"),
        ({"libraries": []}, "choose one of litellm, openai"),
        ({"on_loss": "weep"}, "on_loss is 'weep'"),
    ],
)
def test_wrong_options_are_told_and_nothing_is_installed(options, message):
    with pytest.raises(imageshim.ImageShimError, match=message):
        imageshim.install(**options)


# -- other layers -----------------------------------------------------------------------------


def counting(calls):
    def around(wrapped, _instance, args, kwargs):
        calls.append(kwargs["model"])
        return wrapped(*args, **kwargs)

    return around


@old_replies
def test_a_layer_above_ours_survives_and_ours_rests(client):
    calls = []
    original = vars(Completions)["create"]
    installation = imageshim.install()
    ours = vars(Completions)["create"]
    theirs = wrapt.FunctionWrapper(ours, counting(calls))
    Completions.create = theirs

    assert image_count(ask(client)) == 1
    installation.uninstall()
    assert vars(Completions)["create"] is theirs
    assert image_count(ask(client)) == 0
    with imageshim.install():
        assert vars(Completions)["create"] is theirs  # ours works again, beneath
        assert image_count(ask(client)) == 1

    assert calls == ["m", "m", "m"]
    Completions.create = original


@old_replies
def test_a_layer_beneath_ours_survives(client):
    calls = []
    original = vars(Completions)["create"]
    theirs = wrapt.FunctionWrapper(original, counting(calls))
    Completions.create = theirs

    with imageshim.install():
        assert image_count(ask(client)) == 1

    assert vars(Completions)["create"] is theirs
    assert calls == ["m"]
    Completions.create = original


@old_replies
def test_a_wrapped_client_under_an_installation_is_converted_once(client, monkeypatch):
    from imageshim.wrapping import delivery

    converted = []
    original = delivery.examine
    monkeypatch.setattr(delivery, "examine", lambda *args: converted.append(1) or original(*args))
    with imageshim.install():
        assert image_count(ask(imageshim.wrap(client))) == 1

    assert converted == [1]


# -- names that were taken before ---------------------------------------------------------------


@pytest.fixture
def shop(fake_litellm, monkeypatch):
    """A module of the user's that took the function in every way there is."""
    assert fake_litellm is sys.modules["litellm"]
    source = """
import functools
from litellm import completion as draw
BACKENDS = {"litellm": draw}
CHAIN = [print, draw]
class Artist:
    paint = staticmethod(draw)
    sketch = draw
    def work(self, how=draw): return how(model="m")
def default(how=draw): return how(model="m")
def keyword(*, how=draw): return how(model="m")
def closing():
    inner = draw
    return lambda: inner(model="m")
closed = closing()
"""
    module = types.ModuleType("shop")
    module.__file__ = "/app/shop.py"
    exec(source, module.__dict__)  # noqa: S102  # our own
    monkeypatch.setitem(sys.modules, "shop", module)
    return module


def ways(shop):
    return {
        "global": lambda: shop.draw(model="m"),
        "dict": lambda: shop.BACKENDS["litellm"](model="m"),
        "list": lambda: shop.CHAIN[1](model="m"),
        "static method": lambda: shop.Artist.paint(model="m"),
        "class attribute": lambda: shop.Artist.sketch(model="m"),
        "default": shop.default,
        "default of a method": shop.Artist().work,
        "keyword default": shop.keyword,
        "closure": shop.closed,
    }


def test_names_taken_before_are_changed_and_changed_back(shop, fake_litellm):
    original = fake_litellm.completion
    with imageshim.install():
        for name, call in ways(shop).items():
            assert "images" in call()["choices"][0]["message"], name

    for name, call in ways(shop).items():
        assert "images" not in call()["choices"][0]["message"], name
    assert shop.draw is original
    assert shop.default.__defaults__ == (original,)


def test_names_are_changed_again_when_it_is_installed_again(shop):
    for _ in range(3):
        with imageshim.install():
            assert "images" in shop.draw(model="m")["choices"][0]["message"]
        assert "images" not in shop.draw(model="m")["choices"][0]["message"]


@pytest.mark.usefixtures("shop")
def test_names_taken_while_it_was_installed_rest_and_work_again(fake_litellm):
    with imageshim.install():
        taken = fake_litellm.completion
    assert "images" not in taken(model="m")["choices"][0]["message"]
    with imageshim.install():
        assert "images" in taken(model="m")["choices"][0]["message"]
        assert fake_litellm.completion is taken


def test_a_name_that_somebody_changed_since_is_left_alone(shop):
    other = functools.partial(print)
    with imageshim.install():
        shop.draw = other

    assert shop.draw is other


def test_what_cannot_be_changed_is_reported_by_name(shop, fake_litellm):
    shop.PAIR = ("litellm", fake_litellm.completion)
    shop.ready = functools.partial(fake_litellm.completion, model="m")
    shop.Artist.both = (fake_litellm.completion,)
    shop.TABLE = {"ready": shop.ready}

    with pytest.warns(imageshim.EarlyImportWarning) as seen:
        installation = imageshim.install()
    installation.uninstall()

    (warning,) = seen
    for name in ("shop.PAIR", "shop.ready", "shop.Artist.both", "shop.TABLE['ready']"):
        assert name in str(warning.message)
    assert warning.filename == __file__


def test_a_warning_that_is_an_error_leaves_nothing_installed(shop, fake_litellm):
    original = fake_litellm.completion
    shop.PAIR = ("litellm", original)
    warnings.simplefilter("error", imageshim.EarlyImportWarning)
    before = list(sys.meta_path)

    with pytest.raises(imageshim.EarlyImportWarning):
        imageshim.install()

    assert fake_litellm.completion is original
    assert shop.draw is original
    assert sys.meta_path == before


def test_an_installed_function_is_pickled_by_name(fake_litellm):
    with imageshim.install():
        pickled = pickle.dumps(fake_litellm.completion)
        assert pickle.loads(pickled) is fake_litellm.completion  # noqa: S301  # our own


@old_replies
def test_bound_methods_that_were_taken_before_are_wrapped_too(client, server):
    create, post = client.chat.completions.create, client.post
    history = [{"role": "assistant", "content": "Here: ", "images": [PNG_ITEM]}]

    with imageshim.install():
        assert image_count(create(**REQUEST)) == 1
        with create(**REQUEST, stream=True) as stream:
            assert len(imageshim.read(imageshim.collect(list(stream))).images) == 2
        create(model="m", messages=history)
        roles = [message["role"] for message in server.requests[-1].body["messages"]]
        assert roles == ["assistant", "user"]  # the image goes where every model takes it
        assert post("/chat/completions", body=REQUEST, cast_to=ChatCompletion).choices
    assert image_count(create(**REQUEST)) == 0


@old_replies
async def test_asynchronous_bound_methods_too(async_client):
    create = async_client.chat.completions.create

    with imageshim.install():
        assert image_count(await create(**REQUEST)) == 1
        raw = await async_client.chat.completions.with_raw_response.create(**REQUEST)
        assert image_count(raw.parse()) == 1


# -- libraries that come later ------------------------------------------------------------------


@pytest.fixture
def later(tmp_path, monkeypatch):
    """A library that is imported when somebody asks for it."""
    package = tmp_path / "litellm"
    package.mkdir()
    (package / "__init__.py").write_text("from .main import completion\nfrom . import main\n")
    (package / "main.py").write_text(
        "def completion(*, model):\n"
        "    image = {'url': 'data:image/png;base64,iVBORw0KGgo='}\n"
        "    message = {'content': None, 'image': image}\n"
        "    return {'choices': [{'index': 0, 'message': message}]}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("litellm", "litellm.main"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in ("litellm", "litellm.main"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("later")
def test_a_library_that_is_imported_later_is_wrapped_then():
    import importlib

    with imageshim.install():
        library = importlib.import_module("litellm")
        assert "images" in library.completion(model="m")["choices"][0]["message"]
        assert library.main.completion is library.completion
        assert type(library.__spec__.loader).__name__ == "SourceFileLoader"
        assert "exec_module" not in vars(library.__spec__.loader)

    assert type(library.completion) is types.FunctionType
    assert library.main.completion is library.completion


@pytest.mark.usefixtures("later")
def test_hooks_on_imports_are_cancelled():
    import importlib

    before = list(sys.meta_path)
    with imageshim.install():
        assert sys.meta_path != before
    assert sys.meta_path == before

    library = importlib.import_module("litellm")

    assert type(library.completion) is types.FunctionType


def test_a_library_that_is_not_there_is_not_there():
    with imageshim.install(), pytest.raises(ModuleNotFoundError):
        import litellm  # noqa: F401


def test_nothing_is_imported_for_it():
    import subprocess

    code = """
import sys, imageshim
before = set(sys.modules)
with imageshim.install():
    heavy = {"openai", "litellm", "wrapt", "asyncio", "pydantic"} & set(sys.modules)
    assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_fresh_process_that_installs_first_has_it_all(old_server):
    import subprocess

    code = f"""
import imageshim
imageshim.install()
from openai import OpenAI
client = OpenAI(base_url={old_server.openai_url!r}, api_key="any")
reply = client.chat.completions.create(model="m", messages=[{{"role": "user", "content": "x"}}])
assert reply.choices[0].message.images[0]["image_url"]["url"].startswith("data:")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_its_repr_says_what_it_is():
    with imageshim.install(emit="parts") as installation:
        assert repr(installation) == (
            "<imageshim.Installation of litellm, openai, emit=parts, installed>"
        )
    assert "not installed" in repr(installation)


def test_module_level_clients_are_wrapped(old_server, monkeypatch):
    monkeypatch.setattr(openai, "base_url", f"{old_server.openai_url}/")
    monkeypatch.setattr(openai, "api_key", "any")
    old_server.enqueue(Reply([Text("Here: "), Image("png")]))
    with imageshim.install():
        assert image_count(openai.chat.completions.create(**REQUEST)) == 1
    openai._reset_client()


# -- LiteLLM's own calls --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["create", "post"])
@pytest.mark.parametrize("came", ["content", "image", "images", "parts"])
def test_litellm_gets_of_the_sdk_what_it_does_not_lose(
    litellm_over_sdk, fake_litellm, server, came, how
):
    server.format = came
    seen = litellm_over_sdk[how]()

    with imageshim.install(emit="parts"):
        reply = fake_litellm.completion()
        chunks = list(fake_litellm.completion(stream=True))

    assert isinstance(reply.choices[0].message.content, list)  # what the caller wants
    assert image_count(seen[0]) == (1 if came == "image" else 2)  # what LiteLLM keeps
    text = "".join(str(one.choices[0].delta.content or "") for one in seen[1])
    assert text.count("data:image/") == 2  # no LiteLLM is installed here: as if it were an old one
    assert len(imageshim.read(imageshim.collect(chunks)).images) == 2
    assert type(seen[0].choices[0].message) is ChatCompletionMessage  # nobody reads old names there


@old_replies
def test_other_requests_of_litellm_pass(fake_litellm, client):
    def completion():
        return client.post("/embeddings", body={}, cast_to=object)

    completion.__module__ = "litellm.main"
    fake_litellm.completion = completion

    with imageshim.install(), pytest.raises(openai.NotFoundError):
        fake_litellm.completion()
