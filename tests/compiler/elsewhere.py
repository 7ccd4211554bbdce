"""What other tests make up: specs of hypothesis, and bad input."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("simulator", "promises")]

from made_up_languages import languages
from made_up_specs import Spec, load, spec_sets, text
from test_bad_input import BAD

__all__ = ["BAD", "Spec", "languages", "load", "spec_sets", "text"]
