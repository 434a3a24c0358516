"""The screens: read, compare, pick a task, open a file, help, too small."""
