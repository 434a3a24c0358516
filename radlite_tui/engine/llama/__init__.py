"""The only place that touches llama.cpp, through the low-level binding of llama-cpp-python.

Imports the standard library, numpy, llama_cpp, and the engine's protocol, options and `probed`. Loads llama.cpp in the
worker process, and in the process of a probe, only: a front end may import `threads`, `pace`, `gguf` and `sound`, which
are plain Python, and nothing else from here, since a crash of native code takes its process with it.
"""
