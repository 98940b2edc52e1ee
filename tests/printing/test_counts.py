import pytest

from imageshim.printing.counts import counted


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1234, "1,234 files")]
)
def test_a_number_agrees_with_its_noun(number, written):
    assert counted(number, "file") == written
