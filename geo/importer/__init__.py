"""From a workbook to the register."""
