"""Mapping files: any rectangular file of places, households, visits or issues, described in YAML, loaded in bulk."""

from geo.mapping.document import MappingInvalid
from geo.mapping.load import load_file, register_options
from geo.mapping.shipped import describe_problems, find_mapping, list_shipped, read_mapping
from geo.mapping.spec import MappingSpec

__all__ = [
    "MappingInvalid",
    "MappingSpec",
    "describe_problems",
    "find_mapping",
    "list_shipped",
    "load_file",
    "read_mapping",
    "register_options",
]
