"""管理: rounds with their roster, days, target and figures; the lists that visits choose from."""

from geo.ui.admin_view import draw_page
from geo.ui.done import say_done
from geo.ui.shell import require

session = require("manage_round", context=False)
say_done()
draw_page(session)
