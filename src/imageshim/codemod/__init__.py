"""The codemod: downstream code that reads images, migrated, proven or left alone.

A file goes bytes → :mod:`.prefilter` → :class:`.source.Source` → data flow (:mod:`.flow`) →
:mod:`.rules` → :class:`.findings.Finding`; :mod:`.engine` puts that together and applies what
may be applied. Nothing here writes a file or prints.
"""
