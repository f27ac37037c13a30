"""走访: one's own households, several doors at once where nobody was home, and one's own work to keep."""

from geo.ui.done import say_done
from geo.ui.shell import require
from geo.ui.visits_view import draw_page

session = require("record_visit")
say_done()
draw_page(session)
