"""The only place that touches llama.cpp, through the low-level binding of llama-cpp-python.

Imports the standard library, numpy, llama_cpp, and the engine's protocol and options. Runs in the worker process only:
nothing here may be imported by a front end, since a crash of native code takes its process with it.
"""
