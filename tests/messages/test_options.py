"""The options of a conversion, as type checkers see them and as they are checked."""

from typing import get_args

import pytest

from imageshim import Format, ImageShimError, convert
from imageshim.messages import options


def test_type_checkers_know_every_format_and_no_other():
    assert set(get_args(options.FormatName)) == {member.value for member in Format}


@pytest.mark.parametrize(
    ("name", "kind"), [("on_loss", options.OnLoss), ("drafts", options.Drafts)]
)
def test_every_value_that_type_checkers_allow_is_taken_and_no_other(name, kind):
    reply = {"content": "nothing"}
    for value in get_args(kind):
        assert convert(reply, "images", **{name: value}) is reply
    with pytest.raises(
        ImageShimError, match=f"{name} is 'other'; choose one of '{get_args(kind)[0]}'"
    ):
        convert(reply, "images", **{name: "other"})
