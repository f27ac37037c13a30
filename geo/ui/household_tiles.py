"""The folium element of our own map layer, and the guard that makes folium safe to use at all.

branca renders an element's script, wraps the result in a new `Element` and so renders it a second time as a Jinja
template: `{{ … }}` in any data that reached the first rendering ran as Python on the server. Escaping HTML does not
help. So no data ever goes into a folium object (this element holds a token, numbers and codes), and besides,
`install_template_guard` makes every text that an `Element` is made from a literal.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any, Final, Literal, TypeAlias

from branca.element import Element, MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from geo.web.bundle import script, style

Mode = Literal["look", "point"]
#: The corners of an area that was drawn: lon, lat in WGS84 degrees.
Ring: TypeAlias = tuple[tuple[float, float], ...]

#: The versions whose code the guard was read against.
BRANCA: Final = "0.8.2"
FOLIUM: Final = "0.20.0"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LITERAL: Final = Template("{{ this._literal }}")
#: branca's own loop over children (in `Div`), the one text that is meant as a template.
_CHILDREN_LOOP: Final = "{% for name, element in this._children.items() %}{{element.render(**kwargs)}}{% endfor %}"
_plain_init: Final = Element.__init__


def install_template_guard() -> None:
    """Make every `Element(text)` render its text as it stands; installing it twice is once.

    Raises `RuntimeError` with versions of branca or folium that the guard was not read against.
    """
    found = (version("branca"), version("folium"))
    if found != (BRANCA, FOLIUM):
        raise RuntimeError(f"branca {found[0]}, folium {found[1]}: read Element.__init__ before trusting the guard")
    Element.__init__ = _init_literal  # type: ignore[method-assign]


def _init_literal(self: Any, template: str | None = None, template_name: str | None = None) -> None:
    if template is None or template == _CHILDREN_LOOP:
        _plain_init(self, template, template_name)
        return
    _plain_init(self)
    self._literal = str(template)
    self._template = _LITERAL


def list_files() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the scripts and the styles of a map of ours, as folium names them: one each, Leaflet's in it."""
    return [("map", script().address)], [("map_css", style().address)]


class HouseholdTiles(JSCSSMixin, MacroElement):
    """Our Leaflet layer: what it draws, it fetches by the token from `/tiles/{token}/…`.

    `selected` is the tile id of the household to ring (0: none), `at` its position (lon, lat in WGS84 degrees); mode
    "point" makes a click set a point. `drawn` is the area of a selection that stands (lon, lat corners). Maps of one
    page that are `linked` show the same piece of land.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.householdTiles({{ this.options|tojson }});
            {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        token: str,
        *,
        selected: int = 0,
        at: tuple[float, float] | None = None,
        mode: Mode = "look",
        drawn: Ring = (),
        linked: bool = False,
    ) -> None:
        """Hold a token, numbers and a code. Raises `ValueError` for anything else."""
        if not _TOKEN.fullmatch(token):
            raise ValueError("not a token")
        if mode not in {"look", "point"}:
            raise ValueError("not a mode")
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HouseholdTiles"
        self.default_js, self.default_css = list_files()
        position = None if at is None else [float(degrees) for degrees in at]
        corners = [[float(lon), float(lat)] for lon, lat in drawn]
        self.options = {
            "token": token,
            "selected": int(selected),
            "at": position,
            "mode": mode,
            "drawn": corners or None,
            "linked": bool(linked),
        }
