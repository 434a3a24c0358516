"""The readers of public data sets, one a module with a `SOURCE`. A new one is a file here and a page in docs/data.

Each may import `finetune.corpus` and `radlite_tui.tasks`; none fetches anything.
"""
