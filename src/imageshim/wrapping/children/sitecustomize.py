"""Imported by each Python that a program under ``imageshim run`` starts; the standard library only.

It hides the ``sitecustomize`` that the Python would have found, and runs that first.
"""

import logging
import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

if __name__ == "sitecustomize":
    # Without pathlib: it is run by every Python, whatever that is for.
    _folder = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120
    sys.path[:] = [one for one in sys.path if os.path.realpath(one) != _folder]
    _hidden = PathFinder.find_spec(__name__, sys.path)
    if _hidden is not None and _hidden.loader is not None:
        sys.modules[__name__] = module_from_spec(_hidden)
        _hidden.loader.exec_module(sys.modules[__name__])
    try:
        from imageshim.wrapping.children import begin_in_child

        begin_in_child()
    except ImportError:
        pass  # a Python of another environment, without imageshim
    except Exception as _error:  # noqa: BLE001  # no program ends because of it
        logging.getLogger("imageshim").warning("this process is not watched: %s", _error)
