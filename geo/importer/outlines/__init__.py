"""Given outlines of units (district, township, village, group) from map files: read, matched, measured, stored."""
