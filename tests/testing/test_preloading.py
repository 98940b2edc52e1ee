"""A property test's first example imports nothing: its time is the test's own."""

import subprocess
import sys
import textwrap

_PROGRAM = """
import asyncio, json, sys
from imageshim.testing import strategies
from imageshim.testing.pictures import png

assert "PIL.Image" in sys.modules
reply = {"choices": [{"index": 0, "message": strategies.write_message(["x", png()], "images")}]}
big = json.dumps(reply | {"id": "A" * 200_000}).encode()
chunk = {"choices": [{"index": 0, "delta": {"content": f"see {png().url} there"}}]}
asyncio.run(asyncio.sleep(0))  # the standard library's own late imports
before = set(sys.modules)

import imageshim

for to in imageshim.Format:
    imageshim.convert(reply, to)
    imageshim.convert_bytes(big, to)
    imageshim.convert_bytes(imageshim.convert_bytes(big, to), "images")
    list(imageshim.convert_stream([chunk], to))
image = imageshim.read_all(reply)[0].images[0]
image.data, image.width, image.extension
imageshim.GeneratedImage("data:image/x-odd;base64,AAAA").extension
imageshim.detect(reply), imageshim.collect([chunk]), imageshim.legacy_content(reply)
imageshim.prepare_messages([imageshim.to_message(reply)])
converter = imageshim.SSEConverter("images")
converter.feed(b"data: " + json.dumps(chunk).encode() + b"\\n\\n"), converter.finish()
imageshim.wrap(lambda **asked: reply)(messages=[])
imageshim.wrap(lambda **asked: iter([chunk]))(messages=[], stream=True)
with imageshim.install():
    imageshim.sites()
print(sorted(set(sys.modules) - before))
"""


def test_what_a_test_calls_is_loaded_with_the_strategies(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_PROGRAM)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (0, "[]\n"), run.stderr
