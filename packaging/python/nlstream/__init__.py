"""The lines of nlstream: their types, and a fold of them to the objects that exist."""

from .fold import Fold, Incomplete, LineError, fold, read
from .model import KINDS, Line

__all__ = ["KINDS", "Fold", "Incomplete", "Line", "LineError", "fold", "read"]
