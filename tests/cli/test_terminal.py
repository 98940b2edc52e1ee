"""What a reply, a file's name or a project says cannot steer the terminal that shows it."""

import json

import pytest

EVIL = "\x1b]0;title\x07\x9b31m\u202e"
SHOWN = r"\x1b]0;title\x07\x9b31m\u202e"


def reply(url):
    image = {"type": "image_url", "image_url": {"url": url}}
    message = {"role": "assistant", "content": "x", "images": [image]}
    return {"choices": [{"index": 0, "finish_reason": EVIL, "message": message}]}


@pytest.mark.parametrize(
    "words",
    [
        ("show", "reply.json"),
        ("show", "reply.json", "--save", "out"),
        ("show", "text.json"),
        ("show", f"bad{EVIL}.json"),
        ("show", f"none{EVIL}.json"),
        ("detect", f"good{EVIL}.json"),
        ("convert", f"bad{EVIL}.json", "--to", "images", "--out", "out"),
        ("check", f"evil{EVIL}.py"),
        ("check", f"none{EVIL}.py"),
        ("check", f"broken{EVIL}.py"),
        ("fix", f"--target={EVIL}", "."),
        (f"comm{EVIL}and",),
    ],
)
def test_nothing_that_is_printed_steers_a_terminal(tmp_path, monkeypatch, run, words):
    bad = b'{"choices": [' + EVIL.encode()
    (tmp_path / "reply.json").write_text(json.dumps(reply(f"http://x/{EVIL}")))
    text = {"choices": [{"index": 0, "finish_reason": EVIL, "message": {"content": "no"}}]}
    (tmp_path / "text.json").write_text(json.dumps(text))
    (tmp_path / f"good{EVIL}.json").write_text(json.dumps(reply("http://x/")))
    (tmp_path / f"bad{EVIL}.json").write_bytes(bad)
    read = "import litellm\nr = litellm.completion(model='m', messages=[])\n"
    (tmp_path / f"evil{EVIL}.py").write_text(f"{read}print(r.choices[0].message.image['url'])\n")
    (tmp_path / f"broken{EVIL}.py").write_text("import litellm\ndef f(:\n")
    monkeypatch.chdir(tmp_path)
    ended = run(*words)
    said = ended.out.decode("utf-8", "surrogateescape") + ended.err
    assert said
    assert not any(letter in said for letter in "\x1b\x07\x9b\u202e")
    assert r"\x1b" in said
