"""Pictures for under the map: from a file on this machine, or fetched by this process from a service.

The browser only ever asks this process, so nothing of it is known to the service, and the service's key stays here.
"""

from geo.basemaps.ground import Piece, draw_ground
from geo.basemaps.pictures import Picture, Source, sniff_picture
from geo.basemaps.source import list_archives, open_source

__all__ = ["Picture", "Piece", "Source", "draw_ground", "list_archives", "open_source", "sniff_picture"]
