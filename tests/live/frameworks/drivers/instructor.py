"""instructor: the model of a reply, and the reply beside it."""

import instructor
import openai
from pydantic import BaseModel

CALLERS = "instructor.*"
REPORT = ("instructor", "from_openai")
TEXT = '{"name": "Ann"}'


class Person(BaseModel):
    name: str


def whole(place, prompt):
    client = instructor.from_openai(
        openai.OpenAI(base_url=place.openai, api_key="any"), mode=instructor.Mode.MD_JSON
    )
    person, raw = client.create_with_completion(
        model="m", messages=[{"role": "user", "content": prompt}], response_model=Person
    )
    return {"text": person.model_dump_json(), "native": [], "raw": raw}
