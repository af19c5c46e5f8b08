"""The tools of the page, one folder each: panel, scripts, styles."""
