"""Replies are followed from file to file of a project."""

from __future__ import annotations

import pytest

from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check
from imageshim.codemod.text.source import Source
from indexing import fixed, indexed

CLIENT = """
    import litellm
    def ask(prompt):
        return litellm.completion(model="gemini-image", messages=[prompt])
"""
NEW = 'images[0]["image_url"]["url"]'


def test_a_function_of_another_file_returns_it():
    files = {"app/__init__.py": "", "app/client.py": CLIENT, "app/use.py": """
        from .client import ask
        print(ask("x").choices[0].message.image["url"])
    """}  # fmt: skip
    assert NEW in fixed(files)["app/use.py"]


def test_through_a_reexport_and_an_alias():
    init = "from .client import ask as draw"
    files = {"app/__init__.py": init, "app/client.py": CLIENT, "use.py": """
        import app
        print(app.draw("x").choices[0].message.image["url"])
    """}  # fmt: skip
    assert NEW in fixed(files)["use.py"]


def test_a_coroutine():
    files = {"client.py": """
        import litellm
        async def ask(prompt):
            return await litellm.acompletion(model="gemini-image", messages=[prompt])
    """, "use.py": """
        from client import ask
        async def main():
            reply = await ask("x")
            print(reply.choices[0].message.image["url"])
    """}  # fmt: skip
    assert NEW in fixed(files)["use.py"]


def test_a_method_and_an_instance_of_another_file():
    files = {"client.py": """
        import litellm
        class Client:
            def ask(self, prompt):
                return litellm.completion(model="gemini-image", messages=[prompt])
        client = Client()
    """, "use.py": """
        from client import Client, client
        print(Client().ask("x").choices[0].message.image["url"])
        print(client.ask("x").choices[0].message.image["url"])
    """}  # fmt: skip
    assert fixed(files)["use.py"].count(NEW) == 2


def test_a_function_is_handed_it_by_all_its_callers():
    files = {"parse.py": """
        def url_of(reply):
            return reply.choices[0].message.image["url"]
    """, "one.py": """
        import litellm
        from parse import url_of
        print(url_of(litellm.completion(model="gemini-image", messages=[])))
    """, "two.py": """
        import litellm
        import parse
        print(parse.url_of(reply=litellm.completion(model="gemini-image", messages=[])))
    """}  # fmt: skip
    assert NEW in fixed(files)["parse.py"]


def test_one_caller_that_hands_it_something_else_is_enough_to_doubt():
    files = {"parse.py": """
        def show_url(reply):
            print(reply.choices[0].message.image["url"])
    """, "one.py": """
        import litellm
        from parse import show_url
        show_url(litellm.completion(model="gemini-image", messages=[]))
    """, "two.py": """
        from parse import show_url
        show_url(load())
    """}  # fmt: skip
    assert NEW not in fixed(files)["parse.py"]
    assert NEW in fixed(files, unsafe=True)["parse.py"]


def test_the_proof_names_the_other_file():
    files = {"client.py": CLIENT, "use.py": """
        from client import ask
        print(ask("x").choices[0].message.image["url"])
    """}  # fmt: skip
    index, data = indexed(files)
    found = check(Source("use.py", data["use.py"]), Settings(), index=index)
    assert found[0].chain[0].text == "completion() in client.py"


def test_a_fixture_for_a_function_of_another_file_is_rewritten_with_it():
    files = {"parse.py": """
        def url_of(message):
            return message.image["url"]
    """, "test_parse.py": """
        import litellm
        from parse import url_of
        def test_url():
            message = litellm.Message(role="assistant", image={"url": "u", "detail": "auto"})
            assert url_of(message) == "u"
    """}  # fmt: skip
    new = fixed(files)
    assert 'images=[{"image_url"' in new["test_parse.py"]
    assert NEW in new["parse.py"]


@pytest.mark.parametrize("name", ["\udcff", "é\udcff", "a\udcffb", "\udcff/client"])
def test_the_names_of_files_need_not_be_utf_8(name):
    reading = "print(message.image['url'])"
    files = {f"{name}.py": CLIENT, "use.py": f"import litellm\n{reading}", f"{name}2.py": reading}
    index, _ = indexed(files)
    assert index.exports
    assert not list(index.readers_beside("use.py", b"import litellm"))


def test_files_that_have_nothing_to_do_with_it_are_not_asked_for():
    files = {"client.py": CLIENT, "other.py": "print(message.image['url'])"}
    index, _ = indexed(files)
    assert list(index.unseen) == ["other.py"]


def test_a_file_that_cannot_be_parsed_hands_out_nothing():
    files = {"client.py": "import litellm\ndef ask(:", "use.py": "from client import ask\n"}
    index, _ = indexed(files)
    assert index.exports == frozenset()


def test_a_file_that_reads_the_new_format_speaks_for_no_other():
    files = {
        "client.py": CLIENT,
        "a_new.py": "from client import ask\nprint(ask('x').choices[0].message.images)\n",
        "use.py": 'from client import ask\nprint(ask("x").choices[0].message.image["url"])\n',
    }
    made = fixed(files)
    assert NEW in made["use.py"]
    assert made["a_new.py"] == files["a_new.py"]
