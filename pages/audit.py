"""审计: the log of acts, for the auditor alone."""

from geo.ui.audit_view import draw_page
from geo.ui.shell import require

session = require("audit", context=False)
draw_page(session)
