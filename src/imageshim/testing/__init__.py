"""For your own tests: strategies, the pytest plugin and the loopback Gemini server."""
