"""The flow of data through Python code: what each expression can be.

One interpreter for a file, one index for the files of a project.
"""
