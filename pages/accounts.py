"""账号: who may come in, for who manages accounts; in a township that township's."""

from geo.ui.accounts_view import draw_page
from geo.ui.done import say_done
from geo.ui.shell import require

session = require("manage_accounts", context=False)
say_done()
draw_page(session)
