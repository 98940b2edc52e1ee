"""JSON whose long strings stay in the bytes that they came in.

Imports pydantic-core, the standard library and `imageshim.errors`.
"""
