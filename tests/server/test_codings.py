import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from imageshim.server import codings

DATA = bytes(range(256)) * 400
NAMES = ("gzip", "x-gzip", "deflate", "br", "zstd")
PACK = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def coding(name):
    found = codings.coding(name)
    assert found is not None
    return found


def unpacked(decoder, piece):
    return b"".join(decoder.windows(piece))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data", [b"", b"x", DATA, b"a" * 3_000_000])
def test_what_is_packed_is_unpacked_as_it_was(name, data):
    assert codings.decode(coding(name), PACK[name](data), 4_000_000) == data
    packed = codings.encode(coding(name), data)
    assert codings.decode(coding(name), packed, 4_000_000) == data


@pytest.mark.parametrize("name", NAMES)
def test_a_piece_that_was_packed_can_be_unpacked_before_the_next_comes(name):
    encoder, decoder = coding(name).encoder(None), coding(name).decoder()
    for piece in (b"data: 1\n\n", DATA, b"data: 2\n\n"):
        assert unpacked(decoder, encoder.encode(piece)) == piece
        assert not decoder.finished
    assert unpacked(decoder, encoder.finish()) == b""
    assert decoder.finished


@pytest.mark.parametrize("name", NAMES)
def test_byte_by_byte_is_the_same(name):
    decoder = coding(name).decoder()
    packed = PACK[name](DATA)
    out = b"".join(unpacked(decoder, packed[at : at + 1]) for at in range(len(packed)))
    assert (out, decoder.finished) == (DATA, True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "damage", [lambda body: body[:-1], lambda body: b"\xff" + body, lambda body: body + b"\0"]
)
def test_a_damaged_body_is_told(name, damage):
    with pytest.raises(codings.CodingError, match="cannot be unpacked"):
        codings.decode(coding(name), damage(PACK[name](DATA)), 1_000_000)


@pytest.mark.parametrize("name", NAMES)
def test_a_body_that_unpacks_to_too_much_is_refused(name):
    bomb = PACK[name](b"a" * 50_000_000)
    with pytest.raises(codings.CodingError, match="more than is allowed"):
        codings.decode(coding(name), bomb, 1_000_000)
    assert codings.decode(coding(name), PACK[name](b"a" * 1000), 1000) == b"a" * 1000
    with pytest.raises(codings.CodingError):
        codings.decode(coding(name), PACK[name](b"a" * 1001), 1000)


def test_bare_deflate_is_read_too():
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(DATA) + packer.flush()
    assert codings.decode(coding("deflate"), packed, len(DATA)) == DATA


@pytest.mark.parametrize("name", ["", "identity", "compress", "gzip, br", "aws-chunked"])
def test_other_codings_are_not_known(name):
    assert codings.coding(name) is None


def test_names_are_read_in_any_case():
    assert codings.coding(" GZip ") is codings.coding("gzip")


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("gzip, deflate, br, zstd", "gzip, deflate, br, zstd"),
        ("GZIP;q=0.8, sdch, identity;q=0", "GZIP;q=0.8, identity;q=0"),
        ("*", "identity"),
        ("", "identity"),
        ("compress", "identity"),
    ],
)
def test_only_what_can_be_unpacked_is_accepted(header, kept):
    assert codings.acceptable(header) == kept


def test_without_their_packages_br_and_zstd_are_not_known(monkeypatch):
    monkeypatch.setattr(codings, "find_spec", lambda _: None)
    codings._codings.cache_clear()
    try:
        assert codings.acceptable("gzip, br, zstd") == "gzip"
        assert codings.coding("br") is None
    finally:
        codings._codings.cache_clear()


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "zstd"])
@pytest.mark.parametrize("step", [1, 7, 1024, 10**9])
def test_all_members_of_a_body_are_unpacked(name, step):
    packed = b"".join(PACK[name](piece) for piece in (b"one ", b"", DATA, b"three"))
    decoder = coding(name).decoder()
    out = [unpacked(decoder, packed[at : at + step]) for at in range(0, len(packed), step)]
    assert b"".join(out) == b"one " + DATA + b"three"
    assert decoder.finished


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_together_unpack_to_no_more_than_is_allowed(name):
    packed = PACK[name](b"a" * 600) * 2
    assert len(codings.decode(coding(name), packed, 1200)) == 1200
    with pytest.raises(codings.UnpackedTooLargeError):
        codings.decode(coding(name), packed, 1199)


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_behind_the_end_of_a_stream_is_not_lost_in_silence(name):
    decoder = coding(name).decoder()
    assert unpacked(decoder, PACK[name](b"one")) == b"one"
    with pytest.raises(codings.CodingError):
        unpacked(decoder, b"data: two and more\n\n")


def zstd_frame(window_log, blocks):
    """A frame (RFC 8878, 3.1.1) of blocks that repeat one byte 128 KiB long."""
    block = (0 | 1 << 1 | (128 << 10) << 3).to_bytes(3, "little") + b"a"
    end = (1).to_bytes(3, "little")
    head = b"\x28\xb5\x2f\xfd\x00" + bytes([(window_log - 10) << 3])
    return head + block * blocks + end


def test_zstd_takes_no_more_memory_than_it_may_give():
    bomb = zstd_frame(20, 20_000)
    tracemalloc.start()
    try:
        with pytest.raises(codings.UnpackedTooLargeError):
            codings.decode(coding("zstd"), bomb, 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


def test_zstd_with_a_window_that_nobody_may_ask_for_is_refused():
    """RFC 9659: on the web 8 MiB are the most; a window is memory, whatever the body's size."""
    assert len(codings.decode(coding("zstd"), zstd_frame(23, 3), 1 << 20)) == 3 * (128 << 10)
    with pytest.raises(codings.CodingError, match="too much memory"):
        codings.decode(coding("zstd"), zstd_frame(27, 3), 1 << 20)


LARGEST_STEP = {"zstd": 8 << 20, "br": 1 << 18}  # zstandard takes no limit, brotli rounds it up


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [2, 10_000, 10**9])
def test_no_step_unpacks_much_whatever_comes_out_in_the_end(name, size):
    packed = PACK[name](bytes(8_000_000) + DATA)
    decoder = coding(name).decoder()
    steps = [
        window
        for at in range(0, len(packed), size)
        for window in decoder.windows(packed[at : at + size])
    ]
    assert b"".join(steps) == bytes(8_000_000) + DATA
    assert max(map(len, steps)) <= LARGEST_STEP.get(name, 1 << 16)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unpacked_before_others_would_notice_is_little(name):
    unpacking = codings.unpacking(coding(name), PACK[name](bytes(5_000_000)), 10**8)
    assert unpacking.takes_more_than(1 << 16)
    assert len(b"".join(unpacking._out)) < 2_200_000
    assert unpacking.all() == bytes(5_000_000)
    assert not codings.unpacking(coding(name), PACK[name](b"x" * 9000), 10**8).takes_more_than(
        1 << 16
    )


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_of_nothing_are_work_too(name):
    unpacking = codings.unpacking(coding(name), PACK[name](b"") * 10_000, 1000)
    assert unpacking.takes_more_than(1 << 16)
    assert unpacking.all() == b""
