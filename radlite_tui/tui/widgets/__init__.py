"""The parts of the screens: report pane, conversation, answer, input line, routing line, status line."""
