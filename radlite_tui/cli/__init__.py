"""The headless front end: one small module a command, all of them over `radlite_tui.assistant`."""
