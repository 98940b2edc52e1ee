"""One image of a reply, as bytes and as a file."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageshim.errors import MalformedImageError, MissingExtraError, RemoteImageError
from imageshim.files.whole import beside, open_temporary
from imageshim.image_data import data_uri
from imageshim.image_data.structure import IMAGE_TYPES
from imageshim.timeline import Format

from .parts import Place

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

__all__ = ["GeneratedImage", "where_images_are", "where_it_is"]

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
    def plain_uri(self) -> str:
        """The image as a data URI in plain base64 that says its type, whatever its spelling was.

        Raises as :attr:`data` does.
        """
        payload = base64.b64encode(self.data).decode("ascii")
        return f"data:{self.mime_type or ''};base64,{payload}"

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
        with open_temporary(temporary) as out:
            out.write(data)
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


def where_it_is(image: GeneratedImage, found: Format | None) -> str:
    """Name where an image stands, for people.

    Args:
        image: an image of a reply.
        found: the reply's format. A chunk of a stream alone has none, since only a stream can be
            converted: its images stand in a ``chunk``.

    """
    if image.found_in != "message":
        return image.found_in
    return found.value if found else "chunk"


def where_images_are(images: Iterable[GeneratedImage], found: Format | None) -> str:
    """Name a reply's format, or else where its images stand; ``none`` without any."""
    if found is not None:
        return found.value
    return next((where_it_is(image, None) for image in images), "none")
