// The map's look: the same values as geo/palette.py (a test compares them).
window.GeoMap = window.GeoMap || {};
window.GeoMap.palette = {
  "ink": "#1B2733",
  "ink2": "#465463",
  "paper": "#FFFFFF",
  "ground": "#F3F4F1",
  "accent": "#1F4E79",
  "outline": "#22303C",
  "hatch": "#8A96A1",
  "visits": [
    {"code": "overdue", "fill": "#A50F15", "shape": "diamond", "left": true},
    {"code": "unvisited", "fill": "#F5A300", "shape": "square", "left": true},
    {"code": "missed", "fill": "#5B2A86", "shape": "triangle_up", "left": true},
    {"code": "refused", "fill": "#5B2A86", "shape": "triangle_down", "left": true},
    {"code": "partial", "fill": "#5AB4D6", "shape": "half_circle", "left": true},
    {"code": "effective", "fill": "#5AB4D6", "shape": "circle", "left": false},
    {"code": "excluded", "fill": "#7A7A7A", "shape": "cross", "left": false}
  ],
  "compared": [
    {"code": "missed_long", "fill": "#A50F15", "shape": "diamond", "left": true},
    {"code": "missed_again", "fill": "#5B2A86", "shape": "triangle_up", "left": true},
    {"code": "newly_missed", "fill": "#F5A300", "shape": "square", "left": true},
    {"code": "joined", "fill": "#7A7A7A", "shape": "triangle_down", "left": true},
    {"code": "recovered", "fill": "#5AB4D6", "shape": "plus", "left": false},
    {"code": "kept", "fill": "#5AB4D6", "shape": "circle", "left": false},
    {"code": "excluded", "fill": "#7A7A7A", "shape": "cross", "left": false}
  ],
  "issues": [
    {"code": "none", "ring": null},
    {"code": "deferred", "ring": {"stroke": "#555555", "width": 1.4, "dash": [3, 2], "mark": ""}},
    {"code": "open", "ring": {"stroke": "#111111", "width": 1.4, "dash": [], "mark": ""}},
    {"code": "overdue", "ring": {"stroke": "#111111", "width": 2.6, "dash": [], "mark": "!"}}
  ],
  "areas": {"low": "#956B47", "mid": "#BC9A71", "near": "#EBC893", "met": "#A9D2FD", "full": "#5F84AD", "none": "hatch"},
  "opacity": {"cells": 1.0, "based": 0.6, "under": 0.26},
  "marks": {"side": 16, "least": 2.8, "most": 4.4, "casing": 1.4, "sizes": 4, "full": 64, "corner": 1.36, "edge": 0.5},
  "lines": {"area": {"stroke": "#6B7784", "width": 1.0, "dash": [4, 3]}, "frame": {"stroke": "#5F6C79", "width": 1.4, "dash": [9, 5]}, "district": {"stroke": "#1B2733", "width": 1.4, "dash": []}}
};
