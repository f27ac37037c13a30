"""The demo world: an invented district on real unit names, the same for the same seed, preset and day.

Made from `data/demo/generator_params.json` (its part `decided` holds what this product decided), one random stream
per unit and purpose, so that a unit's rows do not depend on which other units there are.
"""

from geo.demo.build import build_demo
from geo.demo.parameters import PRESETS, TODAYS

__all__ = ["PRESETS", "TODAYS", "build_demo"]
