# Everything a newcomer or CI needs; only Python 3.11 and make must be there.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: demo install test test-slow test-without-dgl lint benchmarks neo4j neo4j-stop clean

demo: install
	$(BIN)/graphrec demo

install: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --progress-bar off -c constraints.txt -e '.[dev]'
	touch $@

test: install
	$(BIN)/python -m pytest -m "not slow"

test-slow: install
	$(BIN)/python -m pytest -m slow

# A copy of the environment by hard links, without DGL: what Python 3.12 and later have.
test-without-dgl: install
	rm -rf $(VENV)-without-dgl
	cp -al $(VENV) $(VENV)-without-dgl
	rm -rf $(VENV)-without-dgl/lib/python*/site-packages/dgl $(VENV)-without-dgl/lib/python*/site-packages/dgl-*
	$(VENV)-without-dgl/bin/python -m pytest -m "not slow" tests/graph tests/models tests/training tests/serving

# loaders/ and cypher/ are packages inside graphrec; mypy sees them there.
lint: install
	$(BIN)/ruff check .
	rm -rf build/tree && mkdir -p build/tree
	cp -rs $(CURDIR)/graphrec build/tree/
	ln -s $(CURDIR)/loaders $(CURDIR)/cypher build/tree/graphrec/
	cd build/tree && $(abspath $(BIN))/mypy --config-file ../../pyproject.toml -p graphrec

benchmarks: install
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

# A Neo4j server on this machine: Java 17 and, the first time, Maven; its data stay in .cache/neo4j/home.
neo4j: install
	$(BIN)/python -m graphrec.testing.neo4j_server start

neo4j-stop: install
	$(BIN)/python -m graphrec.testing.neo4j_server stop

clean:
	rm -rf build $(VENV) $(VENV)-without-dgl
