# make run: the app, from nothing but Python and a C++ compiler.  make test: lint and the whole test suite.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip
# So that the first start is as fast as every other one.
COMPILE := $(VENV)/bin/python -m compileall -q radlite_tui
# llama.cpp is compiled once and cached by pip; its image tools are not needed here.
export CMAKE_ARGS ?= -DLLAVA_BUILD=OFF
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test lint format clean

run: $(VENV)/.ready-run
	@$(VENV)/bin/radlite-tui $(ARGS)

test: $(VENV)/.ready-test lint
	@$(VENV)/bin/python -m pytest -n auto --maxprocesses=4 --dist loadfile $(ARGS)

lint: $(VENV)/.ready-test
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

format: $(VENV)/.ready-test
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
		{ echo "RadLite needs Python 3.10 or newer as '$(PYTHON)'; install it or run: make PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python could not make a virtual environment; on Debian or Ubuntu install the package python3-venv." >&2; exit 2; }

# llama-cpp-python comes as source: it is compiled for this machine's processor, once.
$(VENV)/.llama: constraints.txt | $(VENV)/bin/python
	@$(VENV)/bin/python -c 'import llama_cpp' 2>/dev/null || command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || \
		{ echo "RadLite compiles llama.cpp and found no C++ compiler; install one (Debian or Ubuntu: apt install g++, macOS: xcode-select --install) and run make again." >&2; exit 2; }
	@$(VENV)/bin/python -c 'import llama_cpp' 2>/dev/null || \
		echo "Installing llama-cpp-python. Unless pip has it in its cache, llama.cpp is compiled now: about 10 minutes on 2 cores, once."
	@$(PIP) install --quiet -c constraints.txt llama-cpp-python
	@touch $@

$(VENV)/.ready-run: $(VENV)/.llama pyproject.toml
	@echo "Installing RadLite ..."
	@$(PIP) install --quiet -c constraints.txt -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.ready-test: $(VENV)/.llama pyproject.toml
	@echo "Installing RadLite with its training, evaluation and development extras (PyTorch is the large one) ..."
	@$(PIP) install --quiet -c constraints.txt -e ".[finetune,evals,dev]"
	@$(COMPILE)
	@touch $@ $(VENV)/.ready-run
