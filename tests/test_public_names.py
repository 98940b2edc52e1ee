"""The public names: all there, and loaded only when they are asked for."""

import inspect
import subprocess
import sys

import pytest

import imageshim
from imageshim import errors


def test_every_public_name_is_there_and_listed():
    for name in imageshim.__all__:
        assert getattr(imageshim, name) is not None
        assert name in dir(imageshim)


def test_every_name_with_a_home_is_public():
    assert {*imageshim._HOME_OF, "__version__"} == {*imageshim.__all__}


def test_every_error_and_warning_is_public():
    classes = {name for name in errors.__all__ if isinstance(getattr(errors, name), type)}
    assert classes <= {*imageshim.__all__}
    for name in classes:
        assert getattr(imageshim, name) is getattr(errors, name)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'imageshim' has no attribute 'nothing'"):
        _ = imageshim.nothing


@pytest.mark.parametrize(
    "name",
    ["SSEConverter", "StreamConverter", "convert_bytes", "convert_stream", "install", "normalize",
     "wrap"],
)  # fmt: skip
def test_every_door_converts_as_convert_does_where_nothing_is_said(name):
    options = {
        key: one.default
        for key, one in inspect.signature(getattr(imageshim, name)).parameters.items()
        if key in {"source", "on_loss", "markdown", "pick"}
    }
    of_convert = inspect.signature(imageshim.convert).parameters
    assert options
    assert options == {key: of_convert[key].default for key in options}
    assert of_convert["markdown"].default is False


def test_importing_the_package_loads_none_of_its_modules():
    program = "import imageshim, sys; print(sorted(n for n in sys.modules if 'imageshim.' in n))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
