"""imageshim together with another library that wraps calls, in one order of the two.

``python other_wrappers.py LIBRARY ORDER OPENAI_URL GEMINI_URL``; it fails with an AssertionError.
"""

from __future__ import annotations

import sys

library, order, openai_url, gemini_url = sys.argv[1:]
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Draw."}]}
GEMINI = {
    **REQUEST, "model": "gemini/gemini-2.5-flash-image", "api_base": gemini_url, "api_key": "any",
    "modalities": ["image", "text"],
}  # fmt: skip


def urls(message):
    return [item["image_url"]["url"][:22] for item in message.images]


def ours():
    import imageshim

    return imageshim.install()


def both(theirs):
    """Run the two set-ups in the order that was asked for."""
    if order == "ours first":
        installation = ours()
        return installation, theirs()
    other = theirs()
    return ours(), other


PNG = ["data:image/png;base64,"]


def with_instructor():
    def theirs():
        import instructor
        import litellm
        from openai import OpenAI
        from pydantic import BaseModel

        class Page(BaseModel):
            title: str

        client = OpenAI(base_url=openai_url, api_key="any")
        return Page, {
            "OpenAI": (instructor.from_openai(client, mode=instructor.Mode.JSON), REQUEST),
            "LiteLLM": (
                instructor.from_litellm(litellm.completion, mode=instructor.Mode.JSON),
                GEMINI,
            ),
        }

    installation, (page, clients) = both(theirs)
    for name, (client, request) in clients.items():
        made, completion = client.chat.completions.create_with_completion(
            **request, response_model=page
        )
        assert made.title == "A cat", name
        assert urls(completion.choices[0].message) == PNG, name
    installation.uninstall()


def with_langfuse():
    def theirs():
        import langfuse.openai

        return langfuse.openai

    installation, module = both(theirs)
    client = module.OpenAI(base_url=openai_url, api_key="any")
    reply = client.chat.completions.create(**REQUEST)
    assert urls(reply.choices[0].message) == PNG
    with client.chat.completions.create(**REQUEST, stream=True) as stream:
        assert [urls(c.choices[0].delta) for c in stream if _has_images(c)] == [PNG]
    installation.uninstall()
    assert client.chat.completions.create(**REQUEST).choices[0].message.image


def _has_images(chunk):
    return bool(chunk.choices) and bool(getattr(chunk.choices[0].delta, "images", None))


def with_openinference():
    import asyncio

    import litellm
    from openinference.instrumentation.litellm import LiteLLMInstrumentor
    from openinference.instrumentation.openai import OpenAIInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))

    def theirs():
        for instrumentor in (LiteLLMInstrumentor(), OpenAIInstrumentor()):
            instrumentor.instrument(tracer_provider=provider)

    import openai

    installation, _ = both(theirs)

    def ask_all():
        reply = litellm.completion(**GEMINI)
        later = asyncio.run(litellm.acompletion(**GEMINI))
        chunks = [c for c in litellm.completion(**GEMINI, stream=True) if _has_images(c)]
        client = openai.OpenAI(base_url=openai_url, api_key="any")
        direct = client.chat.completions.create(**REQUEST)
        streamed = [
            c for c in client.chat.completions.create(**REQUEST, stream=True) if _has_images(c)
        ]
        messages = [r.choices[0].message for r in (reply, later, direct)]
        return [*messages, *(c.choices[0].delta for c in (*chunks, *streamed))]

    found = ask_all()
    assert [urls(message) for message in found] == [PNG] * 5
    assert len(spans.get_finished_spans()) == 5, [s.name for s in spans.get_finished_spans()]

    # Each goes when it is told to, and takes nothing of the other's away.
    installation.uninstall()
    spans.clear()
    ask_all()
    assert len(spans.get_finished_spans()) == 5
    with ours():
        assert [urls(message) for message in ask_all()] == [PNG] * 5


{
    "instructor": with_instructor,
    "langfuse": with_langfuse,
    "openinference": with_openinference,
}[library]()
sys.stdout.write("done\n")
