"""How fast RadLite is, beside other ways of running the same model file: `python -m evals speed`.

One row a question. A row names what is measured, against what, and the ratio it has to reach; its module measures both
sides in turns on the same model file and the same prompts. Every peer runs in a process of its own, so that its threads
and its memory are its own. May import the assistant, the engine and the tasks; nothing in `radlite_tui` imports it.
"""
