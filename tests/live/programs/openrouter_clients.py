"""What clients of OpenRouter's say of the server that is to answer as OpenRouter does.

``python openrouter_clients.py CLIENT URL``; prints the text that each call gave, a line a call.
"""

from __future__ import annotations

import asyncio
import sys

client, url = sys.argv[1:]
MESSAGES = [{"role": "user", "content": "Draw."}]
MODEL = "google/gemini-2.5-flash-image"


def with_openrouter() -> None:
    from openrouter import OpenRouter

    with OpenRouter(api_key="any", server_url=url) as sdk:
        reply = sdk.chat.send(model=MODEL, messages=MESSAGES)
        message = reply.choices[0].message
        print(message.content, [image.image_url.url[:22] for image in message.images or ()])
        text, images = "", []
        with sdk.chat.send(model=MODEL, messages=MESSAGES, stream=True) as stream:
            for chunk in stream:
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    images += getattr(choice.delta, "images", None) or []
        print(text, [image.image_url.url[:22] for image in images])


def with_pydantic_ai() -> None:
    from openai import AsyncOpenAI
    from pydantic_ai import Agent
    from pydantic_ai.models.openrouter import OpenRouterModel
    from pydantic_ai.providers.openrouter import OpenRouterProvider

    async def ask() -> None:
        provider = OpenRouterProvider(openai_client=AsyncOpenAI(api_key="any", base_url=url))
        agent = Agent(OpenRouterModel(MODEL, provider=provider))
        print((await agent.run("Draw.")).output)
        async with agent.run_stream("Draw.") as stream:
            print(await stream.get_output())

    asyncio.run(ask())


{"openrouter": with_openrouter, "pydantic-ai-slim": with_pydantic_ai}[client]()
