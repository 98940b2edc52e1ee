"""Checked by mypy and pyright: what functions on whole replies take and give.

In ``mistakes`` every comment is needed: a checker that sees no error there fails.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from openai.types.chat import ChatCompletion
from typing_extensions import assert_type

import imageshim


def conversions(reply: dict[str, Any], completion: ChatCompletion, mock: SimpleNamespace) -> None:
    assert_type(imageshim.convert(reply, "content"), dict[str, Any])
    assert_type(imageshim.convert(completion, imageshim.Format.PARTS), ChatCompletion)
    assert_type(imageshim.convert(mock, "image", source="1.75.9", on_loss="drop"), SimpleNamespace)
    assert_type(imageshim.normalize(completion, drafts="images"), ChatCompletion)
    assert_type(imageshim.normalize(reply, source="content", on_loss="raise"), dict[str, Any])
    assert_type(imageshim.convert_bytes(b"{}", "images", drafts="keep"), bytes)
    assert_type(imageshim.detect(completion, "1.76.2"), imageshim.Format | None)


def readings(completion: ChatCompletion) -> None:
    reading = imageshim.read(completion, source="1.77.0", choice=0)
    assert_type(reading, imageshim.Reading)
    assert_type(reading.text, str)
    assert_type(reading.images[0], imageshim.GeneratedImage)
    assert_type(reading.images[0].data, bytes)
    assert_type(reading.images[0].width, int | None)
    assert_type(imageshim.read_all(completion), tuple[imageshim.Reading, ...])
    assert_type(imageshim.legacy_content(completion), str | None)
    assert_type(imageshim.first_image_url(completion), str | None)


def history(completion: ChatCompletion) -> None:
    message = imageshim.to_message(completion, source="1.75.9")
    assert_type(message, dict[str, Any])
    assert_type(imageshim.prepare_messages([message]), list[dict[str, Any]])
    imageshim.prepare_messages([message], source=imageshim.Format.CONTENT, keep_images=2)


def mistakes(reply: dict[str, Any]) -> None:
    imageshim.convert(reply)  # type: ignore[call-arg]
    imageshim.convert(reply, "picture")  # type: ignore[arg-type]
    imageshim.convert(reply, "image", on_loss="ignore")  # type: ignore[arg-type]
    imageshim.convert(reply, "image", drafts="image")  # type: ignore[arg-type]
    imageshim.convert_bytes(b"{}", "imags")  # type: ignore[arg-type]
    imageshim.convert_bytes("{}", "images")  # type: ignore[arg-type]
    imageshim.convert_bytes(b"{}", "images", on_loss="")  # type: ignore[arg-type]
    imageshim.normalize(reply, on_loss="warn")  # type: ignore[arg-type]
    imageshim.normalize(reply, drafts="content")  # type: ignore[arg-type]
    imageshim.detect(reply, 1.76)  # type: ignore[arg-type]
    imageshim.read(reply, choice="0")  # type: ignore[arg-type]
    imageshim.read(reply, drafts="images")  # type: ignore[call-arg]
