"""What is installed here, which format it gives, what is known to be broken, what to do next.

May import the core. What the codemod says of a project is handed in.
"""

from .diagnosis import INSTALL_CODEMOD, Checked, Diagnosis, diagnose
from .faults import FAULTS, Fault, faults_of
from .installed import Installed, installed

__all__ = [
    "FAULTS",
    "INSTALL_CODEMOD",
    "Checked",
    "Diagnosis",
    "Fault",
    "Installed",
    "diagnose",
    "faults_of",
    "installed",
]
