"""DSPy: LM, on the path that goes through LiteLLM."""

import dspy

CALLERS = "dspy.*"
REPORT = ("dspy", "LM")


def whole(place, prompt):
    model = dspy.LM(place.gemini, api_key="any", cache=False, num_retries=0)
    texts = model(prompt)
    return {"text": texts[0], "native": [], "raw": model.history[-1]["response"]}
