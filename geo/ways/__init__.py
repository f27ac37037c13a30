"""The user's own ways (路): tables, road networks and heights read from files; what they mean is in `geo.plan`."""
