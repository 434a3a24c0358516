"""The peers, each the main module of a process of its own. They import llama-cpp-python and nothing of the app's.

So what they hold in memory and how they run is what a program written on that binding would.
"""
