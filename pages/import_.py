"""导入: files become a register, a round and its visits."""

from geo.ui.import_view import show_page
from geo.ui.shell import require

session = require("import", context=False)
show_page(session)
