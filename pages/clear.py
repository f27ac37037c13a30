"""清零: how much is cleared and how, the ledger behind every number, 研判, measures."""

from geo.ui.clear_view import draw_page
from geo.ui.done import say_done
from geo.ui.shell import require

session = require("view")
say_done()
draw_page(session)
