"""The bytes of one Python file: its lines and offsets, edits of them, its imports and marks.

Stands on nothing but :mod:`imageshim.codemod.findings`.
"""
