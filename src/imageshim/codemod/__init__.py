"""The codemod: downstream code that reads images, migrated, proven or left alone.

A file goes bytes (:mod:`.inputs`) → :class:`.text.source.Source` → data flow (:mod:`.flow`, with
what :mod:`.knowledge` has about libraries) → :mod:`.checking` → :mod:`.rules` →
:class:`.findings.Finding`; :mod:`.running` puts that together for one file or a whole project, and
writes what may be applied. What is printed, :mod:`imageshim.cli.codemod` prints.
"""
