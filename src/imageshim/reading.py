"""Read a reply for people: its text, its images as bytes and files, in the order of the model."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ImageShimError, MalformedImageError, MissingExtraError, RemoteImageError
from .files.whole import beside
from .image_data import data_uri
from .image_data.structure import IMAGE_TYPES
from .messages import carriers
from .messages.lifting import lift
from .messages.options import ReadOptions as How
from .messages.options import read_options
from .messages.other_bodies import error_text, refuse_other_bodies
from .messages.parts import ImagePart, Part, Place, TextPart
from .messages.thinking_blocks import with_signed
from .messages.walk import message_of, plain_text, refuse_scalars
from .timeline import Format

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

__all__ = ["GeneratedImage", "Reading", "read", "read_all"]

_SAME_TYPE = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif", ".heif": ".heic"}
_SUFFIXES = {image_type.extension for image_type in IMAGE_TYPES.values()} | {*_SAME_TYPE, ".bin"}


class GeneratedImage:
    """One image of a reply.

    Nothing is decoded before it is asked for, and nothing is ever fetched.
    """

    __slots__ = ("__dict__", "found_in", "index", "is_draft", "url")

    url: str
    """A data URI as a rule; an http(s) URL, and any other reference, stays one."""
    index: int
    """Its place among the images of the message, from 0."""
    is_draft: bool
    """Whether the image is known to be an interim "thought" of the model."""
    found_in: Place
    """Where it stands. ``"message"``: among the images that :func:`imageshim.convert` converts.

    ``"markdown"``: in the text, which :func:`imageshim.convert` leaves unless ``markdown`` is set;
    ``"reasoning"``: a draft, which it leaves unless ``drafts`` is ``"images"``;
    ``"thinking_blocks"``: a signed copy, the only one that is left.
    """

    def __init__(
        self,
        url: str,
        index: int = 0,
        *,
        is_draft: bool = False,
        found_in: Place = "message",
    ) -> None:
        self.found_in = found_in
        self.url = url
        self.index = index
        self.is_draft = is_draft

    @cached_property
    def _parsed(self) -> data_uri.DataURI | None:
        return data_uri.parse(self.url)

    @cached_property
    def _bare_type(self) -> str | None:
        """The media type of base64 without a prefix, as a gateway may give it."""
        return data_uri.raw_type(self.url)

    @property
    def is_remote(self) -> bool:
        """Whether the reply holds a reference instead of the image.

        That is an http(s) URL, a path such as ``files/…``, ``sandbox:…``: all that is neither a
        data URI nor base64 of a known image.
        """
        return self.url[:5].lower() != "data:" and self._bare_type is None

    @cached_property
    def mime_type(self) -> str | None:
        """The media type, from the bytes where the claim is wrong; None for a remote image."""
        if self._parsed is None:
            return self._bare_type
        return data_uri.true_type(self.url)

    @cached_property
    def data(self) -> bytes:
        """The bytes of the image, decoded once.

        Raises:
            RemoteImageError: the reply holds a reference only.
            MalformedImageError: the payload cannot be decoded.

        """
        if self.is_remote:
            raise RemoteImageError(
                f"image {self.index} is the {self._reference} {self.url:.80}; "
                "imageshim fetches nothing"
            )
        return data_uri.decode(self._uri)

    @property
    def _reference(self) -> str:
        return "URL" if "://" in self.url[:_LONGEST_SCHEME] else "reference"

    @property
    def _uri(self) -> str:
        # A gateway's raw base64 reads like a data URI whose claim is missing.
        return self.url if self._parsed is not None else f"data:;base64,{self.url}"

    @cached_property
    def _size(self) -> tuple[int, int] | None:
        return None if self.is_remote else data_uri.dimensions(self._uri)

    @property
    def width(self) -> int | None:
        """Width in pixels, from the header; None where that does not tell."""
        return self._size[0] if self._size else None

    @property
    def height(self) -> int | None:
        """Height in pixels, from the header; None where that does not tell."""
        return self._size[1] if self._size else None

    @property
    def size_in_bytes(self) -> int | None:
        """How many bytes :attr:`data` has, without decoding; None for a remote image."""
        return None if self.is_remote else data_uri.payload_size(self._uri)

    @property
    def extension(self) -> str:
        """The file extension of the media type, with its dot."""
        known = IMAGE_TYPES.get(self.mime_type or "")
        if known is not None:
            return known.extension
        import mimetypes  # noqa: PLC0415  # needed for types that we do not know only

        return mimetypes.guess_extension(self.mime_type or "", strict=False) or ".bin"

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the image to a file and return its path.

        Args:
            path: a file, or a folder: one that exists, or a path that ends with a slash. Folders
                are made where they are missing. In a folder the image gets a name that is free. A
                file gets the extension of what the image really is: a JPEG saved to ``cat.png``
                becomes ``cat.jpg``, one saved to ``cat`` or ``v1.5`` gets it behind.
            overwrite: replace a file that exists.

        Raises:
            FileExistsError: the file exists, and ``overwrite`` is not set.
            RemoteImageError: the reply holds a reference only.
            MalformedImageError: the payload cannot be decoded.

        """
        data = self.data
        text = os.fspath(path)
        target = Path(text)
        if text.endswith(("/", os.sep)) or target.is_dir():
            names = _free_names(target / f"image-{self.index}", self.extension)
            return _write(data, target, names, overwrite=overwrite)
        suffix, extension = target.suffix.lower(), self.extension
        if suffix not in _SUFFIXES:
            target = target.with_name(target.name + extension)
        elif _SAME_TYPE.get(suffix, suffix) != _SAME_TYPE.get(extension, extension):
            target = target.with_suffix(extension)
        return _write(data, target.parent, [target], overwrite=overwrite)

    def to_pil(self) -> PILImage:
        """Open the image with Pillow (extra ``pillow``)."""
        try:
            from PIL import Image as pil  # noqa: N813, PLC0415  # optional, and Pillow's own name
        except ImportError:
            raise MissingExtraError("GeneratedImage.to_pil()", "pillow") from None
        from io import BytesIO  # noqa: PLC0415  # needed here only

        return pil.open(BytesIO(self.data))

    def __repr__(self) -> str:
        if self.is_remote:
            return f"<GeneratedImage {self.index}: {self.url:.60}>"
        size = f"{self.width}×{self.height}, " if self._size else ""
        draft = ", draft" if self.is_draft else ""
        return (
            f"<GeneratedImage {self.index}: {self.mime_type}, {size}"
            f"{self.size_in_bytes} bytes{draft}>"
        )

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Show the picture in a notebook (IPython's display protocol).

        A remote image, and one that cannot be decoded, is shown as text.
        """
        del include, exclude
        mime_type = self.mime_type
        if mime_type is None:
            return {"text/plain": repr(self)}, {}
        try:
            data = self.data
        except MalformedImageError:
            return {"text/plain": repr(self)}, {}
        if mime_type == "image/svg+xml":
            shown = data.decode("utf-8", "replace")
        else:
            shown = base64.b64encode(data).decode("ascii")
        metadata = {"width": self.width, "height": self.height} if self._size else {}
        return {"text/plain": repr(self), mime_type: shown}, {mime_type: metadata}


_LONGEST_SCHEME = 24


def _free_names(stem: Path, extension: str) -> Iterable[Path]:
    yield stem.with_name(stem.name + extension)
    number = 1
    while True:
        yield stem.with_name(f"{stem.name}-{number}{extension}")
        number += 1


def _link(temporary: Path, name: Path) -> None:
    """Give a file its name, unless that is taken."""
    try:
        os.link(temporary, name)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, such as FAT
        name.open("xb").close()
        temporary.replace(name)


def _write(data: bytes, folder: Path, names: Iterable[Path], *, overwrite: bool) -> Path:
    """Write whole files only: a temporary one gets the first name that may be taken."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = None
    with beside(folder / "image") as temporary:
        temporary.write_bytes(data)
        for name in names:
            if overwrite:
                temporary.replace(name)
                return name
            try:
                _link(temporary, name)
            except FileExistsError:
                taken = name
                continue
            return name
    raise FileExistsError(f"{taken} exists; pass overwrite=True to replace it")


class Reading:
    """The text and the images of one choice.

    ``parts`` has both in the order in which the model gave them, as far as the format keeps it;
    ``text`` is the text alone, joined. Why there is no image, ``finish_reason``, ``refusal`` and
    ``error`` may tell.
    """

    __slots__ = ("error", "finish_reason", "images", "parts", "refusal", "text")

    text: str
    images: tuple[GeneratedImage, ...]
    parts: tuple[str | GeneratedImage, ...]
    finish_reason: str | None
    """Why the model stopped, such as ``content_filter``; None where a message alone was read."""
    refusal: str | None
    """What the model said in place of an answer."""
    error: str | None
    """What the error of the choice, or else of the reply, says."""

    def __init__(
        self,
        parts: Iterable[str | GeneratedImage],
        *,
        finish_reason: str | None = None,
        refusal: str | None = None,
        error: str | None = None,
    ) -> None:
        self.finish_reason = finish_reason
        self.refusal = refusal
        self.error = error
        self.parts = tuple(parts)
        self.images = tuple(part for part in self.parts if isinstance(part, GeneratedImage))
        self.text = "".join(part for part in self.parts if isinstance(part, str))

    @property
    def final_image(self) -> GeneratedImage | None:
        """The last image that is not known to be a draft; None where there is none."""
        final = [image for image in self.images if not image.is_draft]
        return final[-1] if final else None

    def __repr__(self) -> str:
        return f"<Reading: {len(self.text)} characters of text, images {list(self.images)}>"


def _choice_of(reply: Any, choice: int) -> Any:
    """Return one choice of a whole reply; what is no whole reply is itself."""
    choices = carriers.items_of(carriers.get(reply, "choices"))
    if choices is None:
        return reply
    return choices[choice] if choice < len(choices) else None


def _text_of(holder: Any, name: str) -> str | None:
    found = carriers.get(holder, name)
    return found if isinstance(found, str) and found else None


def _read_choice(reply: Any, place: int, how: How) -> Reading:
    choice, message = _choice_of(reply, place), message_of(reply, place)
    return Reading(
        _parts_of(message, how),
        finish_reason=_text_of(choice, "finish_reason"),
        refusal=_text_of(message, "refusal"),
        error=error_text(choice) or error_text(reply),
    )


def _parts_of(message: Any, how: How) -> list[str | GeneratedImage]:
    view = carriers.fields(message) or {}
    lifted = lift(dict(view), how)
    if lifted is None:
        text = plain_text(view.get("content"))
        parts: list[Part] = [TextPart(text)] if text else []
    else:
        parts = lifted.parts
    parts = with_signed(parts, message)
    out: list[str | GeneratedImage] = []
    count = 0
    for part in parts:
        if isinstance(part, TextPart):
            out.append(part.text)
        elif isinstance(part, ImagePart):
            out.append(_image(part, count))
            count += 1
    return out


def _image(part: ImagePart, index: int) -> GeneratedImage:
    return GeneratedImage(part.url, index, is_draft=part.draft, found_in=part.place)


def read(
    reply: Any,
    *,
    source: str | Format | None = None,
    markdown: bool = True,
    choice: int = 0,
) -> Reading:
    """Read the text and the images of one choice, from any format and any carrier.

    Args:
        reply: a whole reply, a choice or a message.
        source: where the reply comes from, as in :func:`imageshim.convert`.
        markdown: read images in Markdown, ``![…](data:…)``, too, which
            :func:`imageshim.convert` leaves in the text unless it is asked for them.
        choice: which choice of a whole reply, from 0. A blocked reply has none: reading choice 0
            of it gives no text and no images.

    Raises:
        ImageShimError: the reply has choices, but not that one.
        MalformedReplyError: it is none: an error, or what another API answers.

    """
    refuse_scalars(reply, "read")
    refuse_other_bodies(reply, "read")
    how = read_options(source, markdown=markdown, drafts="images")
    if choice != 0 and message_of(reply, choice) is None:
        choices = carriers.items_of(carriers.get(reply, "choices")) or ()
        raise ImageShimError(f"the reply has {len(choices)} choices; there is no choice {choice}")
    return _read_choice(reply, choice, how)


def read_all(
    reply: Any, *, source: str | Format | None = None, markdown: bool = True
) -> tuple[Reading, ...]:
    """Read every choice of a reply, in order; see :func:`read`."""
    refuse_scalars(reply, "read_all")
    refuse_other_bodies(reply, "read_all")
    how = read_options(source, markdown=markdown, drafts="images")
    choices = carriers.items_of(carriers.get(reply, "choices"))
    count = 1 if choices is None else len(choices)
    return tuple(_read_choice(reply, place, how) for place in range(count))
