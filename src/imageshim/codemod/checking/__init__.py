"""What a rule may ask about a file, and how it rewrites code."""
