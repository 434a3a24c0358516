"""The report of a results folder: sections of tables, sentences and figures, written as Markdown, HTML, CSV or JSON."""
