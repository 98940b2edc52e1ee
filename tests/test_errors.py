"""The classes of what is raised and warned, and where a warning points."""

import subprocess
import sys
import warnings

import pytest

import imageshim
from imageshim import errors, warning_options


@pytest.mark.parametrize(
    "name",
    [
        "UnknownFormatError", "LossyConversionError", "MalformedImageError",
        "MalformedReplyError", "RemoteImageError", "MissingExtraError",
    ],
)  # fmt: skip
def test_one_except_clause_catches_everything(name):
    assert issubclass(getattr(imageshim, name), imageshim.ImageShimError)
    assert issubclass(imageshim.ImageShimError, ValueError)


def test_a_missing_extra_is_an_import_error_that_says_what_to_install():
    error = errors.MissingExtraError("GeneratedImage.to_pil()", "pillow")
    assert isinstance(error, ImportError)
    assert error.extra == "pillow"
    assert str(error) == (
        "GeneratedImage.to_pil() needs the extra 'pillow': pip install 'imageshim[pillow]'"
    )


def test_a_malformed_reply_may_know_its_offset():
    assert errors.MalformedReplyError("no JSON").offset is None
    assert errors.MalformedReplyError("no JSON", offset=7).offset == 7


def test_warning_categories():
    assert issubclass(errors.LegacyImageFormatWarning, DeprecationWarning)
    assert issubclass(errors.LossyConversionWarning, UserWarning)
    assert issubclass(errors.UnreadableImageWarning, UserWarning)


def test_a_warning_points_at_the_line_that_called_in():
    reply = {"content": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}},
                         {"type": "text", "text": "after"}]}  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        imageshim.convert(reply, "images", on_loss="drop")
    (warning,) = caught
    assert warning.category is errors.LossyConversionWarning
    assert warning.filename == __file__
    with open(__file__, encoding="utf-8") as source:  # noqa: PTH123  # shorter here
        assert "imageshim.convert(reply" in source.readlines()[warning.lineno - 1]


@pytest.mark.parametrize("module", ["app.images", "imageshim_of_mine", "zoo"])
def test_a_warning_is_at_the_caller_whatever_the_module_is_called(module):
    called = compile("errors.warn_caller('hello', UserWarning)", f"{module}.py", "exec")
    with pytest.warns(UserWarning, match="hello") as caught:
        exec(called, {"__name__": module, "errors": errors})  # noqa: S102
    assert [warning.filename for warning in caught] == [f"{module}.py"]


def test_a_warning_from_the_command_line_itself_has_a_place_too():
    """The outermost frame is where looking for a caller stops."""
    program = "from imageshim.errors import warn_caller; warn_caller('hello', UserWarning)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stderr.startswith("<string>:1: UserWarning: hello")


def test_the_outermost_frame_ends_the_search():
    """Run as a program of the package itself, a warning stays at the program."""
    program = (
        "import imageshim.errors\n"
        "__name__ = 'imageshim'\n"
        "imageshim.errors.warn_caller('inside', UserWarning)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stderr.startswith("<string>:3: UserWarning: inside")


def test_every_public_name_is_there():
    assert imageshim.__all__ == sorted(imageshim.__all__, key=lambda n: (not n[0].isupper(), n))
    for name in imageshim.__all__:
        assert getattr(imageshim, name) is not None


def test_importing_the_core_imports_no_heavy_library():
    program = "import imageshim, sys; print(*sorted(m.partition('.')[0] for m in sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"litellm", "openai", "libcst", "starlette", "pydantic", "PIL", "rich", "click"}
    assert not heavy & set(run.stdout.split())


class TestOptionsThatNameAWarningOfOurs:
    """``-W action::imageshim.SomeWarning``: Python itself ignores them."""

    @pytest.fixture
    def obeyed(self, monkeypatch):
        def rules(*options):
            monkeypatch.setattr(sys, "warnoptions", list(options))
            warnings.resetwarnings()
            warning_options.obey("imageshim", vars(errors))
            return warnings.filters

        with warnings.catch_warnings():
            yield rules

    def test_an_action_for_a_class(self, obeyed):
        (rule,) = obeyed("error::imageshim.LegacyImageFormatWarning")
        assert (rule[0], rule[2]) == ("error", errors.LegacyImageFormatWarning)
        with pytest.raises(errors.LegacyImageFormatWarning):
            warnings.warn("old", errors.LegacyImageFormatWarning, stacklevel=1)

    def test_a_module_a_line_and_an_abbreviated_action(self, obeyed):
        (rule,) = obeyed("i:be gone:imageshim.LossyConversionWarning:shop.reports:7")
        action, message, category, module, line = rule
        assert (action, category, line) == ("ignore", errors.LossyConversionWarning, 7)
        assert message.match("be gone now")
        assert module.match("shop.reports")
        assert not module.match("shop.reports.daily")

    def test_an_option_without_an_action_is_the_default(self, obeyed):
        (rule,) = obeyed("::imageshim.LossyConversionWarning")
        assert rule[0] == "default"

    @pytest.mark.parametrize(
        "option",
        ["error", "error::DeprecationWarning", "error::imageshim.Nothing",
         "error::imageshim.ImageShimError", "error::shop.LegacyImageFormatWarning"],
    )  # fmt: skip
    def test_what_names_no_warning_of_ours_is_python_s_business(self, obeyed, option):
        assert obeyed(option) == []

    def test_what_is_in_force_already_stays_as_it_is(self, obeyed):
        obeyed("error::imageshim.LegacyImageFormatWarning")
        warning_options.obey("imageshim", vars(errors))
        assert len(warnings.filters) == 1
