"""What a map file gives: layers of features, each with its texts and its shape as the file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its number in the file from 1, its texts by the file's own names, its shape in the file's system.

    Without a shape, `problem` says why (R_GEOM_EMPTY, R_GEOM_NAN, R_GEOM_INVALID). `folder`: the KML folder it lies in.
    """

    row: int
    texts: dict[str, str]
    shape: BaseGeometry | None
    problem: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its name, its features, the system the file declares ('' for none: a name, an EPSG code or WKT).

    `codes` are findings about the whole file; `cut_names` says that field names are cut off at ten bytes (dbf).
    """

    name: str
    features: tuple[Feature, ...]
    system: str
    codes: tuple[str, ...] = ()
    cut_names: bool = False


@dataclass(frozen=True, slots=True)
class Layers:
    """Several layers, of which a person has to choose one."""

    names: tuple[str, ...]
