"""Forms that go out to the field and come back: prefilled workbooks, paper sheets, forms for ODK and KoboToolbox."""

from geo.field.form import Form, make_form
from geo.field.paper import print_sheets
from geo.field.template import write_template
from geo.field.xlsform import write_xlsform

__all__ = ["Form", "make_form", "print_sheets", "write_template", "write_xlsform"]
