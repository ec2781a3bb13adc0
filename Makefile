# Everything a newcomer or CI needs; only Python 3.11 and make must be there.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Torch brings gigabytes of CUDA's libraries: uv unpacks them in a tenth of the time that pip takes, and once for all.
INSTALL = $(BIN)/uv pip install --compile-bytecode --system-certs -c constraints.txt
# Tests start hundreds of processes: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
READY = $(VENV)/.ready

.PHONY: demo install test test-quick test-without-dgl lint benchmarks pictures neo4j neo4j-stop clean

demo: install
	$(BIN)/graphrec demo

install: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --progress-bar off -c constraints.txt uv
	$(INSTALL) --python $(BIN)/python -e '.[dev]'
	touch $@

# What shares servers and trained runs stays together, and what takes long comes first (tests/conftest.py). The processes
# share the cores: threads of their own would only be in each other's way.
JOBS ?= 2
PARALLEL = -n $(JOBS) --dist loadscope --no-loadscope-reorder
test test-quick test-without-dgl: export OMP_NUM_THREADS ?= 1

# In one session, whose tests share what takes long to make.
test: install
	$(BIN)/python -m pytest $(PARALLEL)

test-quick: install
	$(BIN)/python -m pytest -m "not slow" $(PARALLEL)

# DGL has no wheels for Python 3.12 and later: a real one where there is one, else this Python with DGL taken out.
NEWER ?= $(firstword $(shell for python in python3.12 python3.13 $(wildcard $(HOME)/.pyenv/versions/3.1[23]*/bin/python); \
	do $$python -c "" 2> /dev/null && echo $$python; done))
WITHOUT_DGL = $(VENV)-without-dgl

test-without-dgl: install
	rm -rf $(WITHOUT_DGL)
ifeq ($(NEWER),)
	cp -al $(VENV) $(WITHOUT_DGL)
	rm -rf $(WITHOUT_DGL)/lib/python*/site-packages/dgl $(WITHOUT_DGL)/lib/python*/site-packages/dgl-*
else
	$(NEWER) -m venv $(WITHOUT_DGL)
	$(subst --compile-bytecode,,$(INSTALL)) --python $(WITHOUT_DGL)/bin/python -e . pytest pytest-timeout pytest-xdist
endif
	$(WITHOUT_DGL)/bin/python -m pytest -m "not slow and not neo4j" $(PARALLEL) \
		tests/graph tests/models/test_transgrec.py tests/training

# app/, loaders/ and cypher/ are packages inside graphrec; mypy sees them there, and remembers what it has found.
lint: install
	$(BIN)/ruff check .
	rm -rf build/tree && mkdir -p build/tree
	cp -rs $(CURDIR)/graphrec build/tree/
	ln -s $(CURDIR)/app $(CURDIR)/loaders $(CURDIR)/cypher build/tree/graphrec/
	cd build/tree && $(abspath $(BIN))/mypy --config-file ../../pyproject.toml --cache-dir $(CURDIR)/.mypy_cache -p graphrec

benchmarks: install
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

# The documentation's pictures of the explorer; Chromium must be installed.
pictures: install
	$(BIN)/python docs/pictures.py

# A Neo4j server on this machine: Java 17 and, the first time, Maven; its data stay in .cache/neo4j/home.
neo4j: install
	$(BIN)/python -m graphrec.testing.neo4j_server start

neo4j-stop: install
	$(BIN)/python -m graphrec.testing.neo4j_server stop

clean:
	rm -rf build $(VENV) $(VENV)-without-dgl
