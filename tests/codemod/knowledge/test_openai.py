"""The OpenAI SDK's client: its replies are LiteLLM's where the user says so, and only there."""

import pytest

from imageshim.codemod.flow.project_index import ProjectIndex
from imageshim.codemod.knowledge import known
from imageshim.codemod.knowledge.reads import Reads
from imageshim.codemod.project.settings import Settings
from imageshim.codemod.running.engine import check, fix
from imageshim.codemod.text.source import Source

IMPORTS = """
import asyncio
import openai
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI
"""
URL = 'images[0]["image_url"]["url"]'
OLD = 'image["url"]'
MESSAGE = "choices[0].message"


def fixed(program, *assume):
    source = Source("program.py", (IMPORTS + program).encode())
    settings = Settings(assume_litellm=assume)
    return fix(source, check(source, settings)).decode().removeprefix(IMPORTS)


SYNC = [
    f"""
client = OpenAI(base_url="http://proxy:4000")
r = client.chat.completions.create(model="m")
show(r.{MESSAGE}.{OLD})
""",
    f"""
client = AzureOpenAI(azure_endpoint="http://proxy:4000")
r = client.chat.completions.create(model="m")
show(r.{MESSAGE}.{OLD})
""",
    f"""
client = openai.Client(base_url="http://proxy:4000")
r = client.beta.chat.completions.parse(model="m")
show(r.{MESSAGE}.{OLD})
""",
    f"""
client = OpenAI(base_url="http://proxy:4000").with_options(timeout=3)
raw = client.chat.completions.with_raw_response.create(model="m")
show(raw.parse().{MESSAGE}.{OLD})
""",
    f"""
class Painter:
    def __init__(self):
        self.client = OpenAI(base_url="http://proxy:4000")
    def paint(self):
        return self.client.chat.completions.create(model="m").{MESSAGE}.{OLD}
""",
    f"""
client = OpenAI(base_url="http://proxy:4000")
with client.chat.completions.stream(model="m") as events:
    show(events.get_final_completion().{MESSAGE}.{OLD})
""",
    f"""
client = OpenAI(base_url="http://proxy:4000")
with client.chat.completions.with_streaming_response.create(model="m") as raw:
    show(raw.parse().{MESSAGE}.{OLD})
""",
]
ASYNC = [
    f"""
client = AsyncOpenAI(base_url="http://proxy:4000")
async def paint():
    r = await client.chat.completions.create(model="m")
    return r.{MESSAGE}.{OLD}
""",
    f"""
client = AsyncAzureOpenAI(azure_endpoint="http://proxy:4000")
async def paint():
    rs = await asyncio.gather(client.chat.completions.create(model="m"))
    return rs[0].{MESSAGE}.{OLD}
""",
]


@pytest.mark.parametrize("program", [*SYNC, *ASYNC])
def test_a_client_of_a_server_that_is_assumed(program):
    assert fixed(program, "*proxy:4000*") == program.replace(OLD, URL)


@pytest.mark.parametrize("program", [*SYNC, *ASYNC])
def test_a_client_of_any_other_server_is_left_alone(program):
    assert fixed(program, "*gateway*") == fixed(program) == program


def test_the_names_of_a_client_are_asked():
    program = (
        f"proxy = OpenAI()\nr = proxy.chat.completions.create(model='m')\nshow(r.{MESSAGE}.{OLD})\n"
    )

    assert fixed(program, "proxy") == program.replace(OLD, URL)
    assert fixed(program, "other") == program


def test_a_parameter_that_is_annotated():
    program = f"""
def paint(proxy: OpenAI):
    return proxy.chat.completions.create(model="m").{MESSAGE}.{OLD}
"""

    assert fixed(program, "proxy") == program.replace(OLD, URL)
    assert fixed(program, "paint") == program.replace(OLD, URL)
    assert fixed(program) == program


def test_the_client_of_the_module_itself():
    program = f"r = openai.chat.completions.create(model='m')\nshow(r.{MESSAGE}.{OLD})\n"

    assert fixed(program, "program.py") == program.replace(OLD, URL)
    assert fixed(program, "other") == program


def test_a_stream_gives_chunks_and_no_messages():
    create = "client.chat.completions.create(model='m', stream=True)"
    program = f"client = OpenAI()\nfor chunk in {create}:\n    show(chunk.choices[0].delta.{OLD})\n"

    assert fixed(program, "client") == program.replace(OLD, URL)


def test_events_hold_chunks():
    stream = "client.chat.completions.stream(model='m')"
    program = (
        f"client = OpenAI()\nwith {stream} as events:\n    for event in events.until_done():\n"
        f"        show(event.chunk.choices[0].delta.{OLD})\n"
    )

    assert fixed(program, "client") == program.replace(OLD, URL)


def test_other_methods_of_a_client_give_what_is_not_known():
    program = """
client = OpenAI()
show(client.images.generate(prompt="x").data[0].b64_json)
client.close()
"""

    assert fixed(program, "*") == program


def test_a_client_of_another_file():
    files = {
        "clients.py": "from openai import OpenAI\nproxy = OpenAI(base_url='http://proxy:4000')\n",
        "use.py": "from clients import proxy\n"
        f"r = proxy.chat.completions.create(model='m')\nshow(r.{MESSAGE}.{OLD})\n",
    }
    sources = {path: Source(path, text.encode()) for path, text in files.items()}
    index = ProjectIndex(sources, ("*proxy:4000*",), known(), Reads)
    for source in sources.values():
        index.add(source)
    index.settle(sources.__getitem__)
    settings = Settings(assume_litellm=("*proxy:4000*",))

    found = check(sources["use.py"], settings, index=index)

    assert fix(sources["use.py"], found).decode() == files["use.py"].replace(OLD, URL)
