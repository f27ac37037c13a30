"""Photos of evidence: `make_photo` is what the store calls; `drawing` does the work, in a process of its own."""

from geo.photos.photo import MEDIA_TYPE, Photo, make_photo

__all__ = ["MEDIA_TYPE", "Photo", "make_photo"]
