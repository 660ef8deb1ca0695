# Consult: `make run` to try it, `make test` to check it. `make help` lists the rest.

PYTHON ?= python3
PORT   ?= 8000
SERVE  ?= 1
# One test process per core; ARGS goes to pytest, as in: make test ARGS="tests/unit -k paging"
JOBS   ?= auto
ARGS   ?=

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check

export PIP_ROOT_USER_ACTION := ignore
export PIP_NO_PYTHON_VERSION_WARNING := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test check style types drills assets model fast-model translations messages chromium clean lock python

help: ## list these commands
	@echo "make run [PORT=8000]   start everything on http://127.0.0.1:8000, until Ctrl-C"
	@echo "make run SERVE=0       build the demonstration's position paper, print where it is, and stop"
	@echo "make test [ARGS=...]   all checks and tests, on real servers and a real browser"
	@echo "make check             style, types, layers and templates only"
	@echo "make drills            the fault drills only: killed workers, stopped servers"
	@echo "make assets            fetch styles, scripts and fonts"
	@echo "make model             write the language model"
	@echo "make fast-model        word vectors for CONSULT_FAST_TEXTS=1, out of that model"
	@echo "make clean             remove everything that these commands made, except the data"
	@echo "make messages          put new sentences into the English catalogue, to be translated"
	@echo "make lock              pin the newest releases that pyproject.toml and package.json allow"

run: $(VENV)/.run assets translations model ## start everything
	@$(BIN)/consult run --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

# Types take half a minute of one core, and are read while the other fetches what the tests need; what they say is told when that is there.
test: $(VENV)/.dev chromium ## all checks and tests
	@mkdir -p build
	@trap 'exit 130' INT TERM; trap 'kill $$types 2>/dev/null' EXIT; \
	$(BIN)/mypy >build/types.txt 2>&1 & types=$$!; \
	$(MAKE) -s style assets model || exit; \
	wait $$types; found=$$?; types=; cat build/types.txt; exit $$found
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not drill" $(ARGS)

check: style types ## style, types, layers, templates

style: $(VENV)/.dev translations
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates

types: $(VENV)/.dev
	@$(BIN)/mypy

drills: $(VENV)/.dev assets translations model chromium ## the fault drills
	@$(BIN)/python -m pytest -m drill $(ARGS)

assets: python ## styles, scripts and fonts
	@$(BIN)/python -m consult.runtime.assets

model: python var/model/model.json ## the language model

# Without the model the analysis compares words instead of meanings: worse, but it works.
var/model/model.json: requirements-model.txt consult/analytics/model_build.py
	@$(BIN)/python -m consult.analytics.model_build --out var/model && touch -c $@ || echo "The language model could not be built: the analysis will compare words instead of meanings."

fast-model: model ## word vectors for the fast profile (CONSULT_FAST_TEXTS=1)
	@$(BIN)/python -m consult.analytics.static_build --model var/model

translations: python $(patsubst %.po,%.mo,$(wildcard consult/web/translations/*/LC_MESSAGES/*.po))

%.mo: %.po
	@$(BIN)/pybabel --quiet compile -i $< -o $@

# Babel passes over folders with an underscore unless told which ones to ignore.
# New sentences arrive untranslated and tests/architecture/test_translations.py asks for them; no guesses, no leftovers.
messages: python ## look for sentences to translate, and put the new ones into the catalogue
	@mkdir -p build
	@PYTHONPATH=. $(BIN)/pybabel --quiet extract -F consult/web/babel.cfg -k _l -k lazy_gettext --no-location --sort-output --ignore-dirs ".* __pycache__" -o build/messages.pot .
	@$(BIN)/pybabel --quiet update -i build/messages.pot -d consult/web/translations -w 100 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@rm build/messages.pot

chromium:
	@if [ -n "$$CHROMIUM" ] || command -v chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the tests that open pages…"; \
	  apt-get update -qq && export DEBIAN_FRONTEND=noninteractive && \
	  { apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends chromium >/dev/null; }; \
	else \
	  echo "No Chromium found: the tests that open pages (tests/journeys above all) cannot run and will fail. Install chromium, or set CHROMIUM to its path."; \
	fi

# The environment of whichever command ran first: the one for tests holds all of the other.
python:
	@[ -e $(VENV)/.dev ] || [ -e $(VENV)/.run ] || $(MAKE) --no-print-directory $(VENV)/.run

$(VENV)/.run: requirements.txt pyproject.toml
	$(call environment,requirements.txt)

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	$(call environment,requirements-dev.txt)
	@touch $(VENV)/.run

# Every package is pinned with its hash; this checkout itself is linked in, not copied. Python compiles a module when it is first asked for:
# most never are, and compiling all of them takes a third of the time.
define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Consult needs Python 3.11 or newer; $(PYTHON) is older or missing. Say which one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }
	@echo "Installing the packages of $(1) (a minute or two, the first time)…"
	@$(PIP) --no-compile --only-binary :all: --require-hashes -r $(1)
	@$(PIP) --no-index --no-deps --no-build-isolation -e .
	@touch $@
endef

clean: ## remove what was made, except the data
	rm -rf $(VENV) .venv-* node_modules build dist *.egg-info consult/web/static/vendor consult/web/static/vendor.new
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var/fonts var/model
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip cannot lock for several releases of Python and several kinds of machine at once; uv can.
UV := .venv-lock/bin/uv
UV_COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
extra = $(PYTHON) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['$(1)'], sep='\n')"

lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	$(UV_COMPILE) --upgrade pyproject.toml --extra build -o requirements.txt
	$(UV_COMPILE) --upgrade pyproject.toml --extra build --extra dev -c requirements.txt -o requirements-dev.txt
	$(call extra,model) | $(UV_COMPILE) - -c requirements.txt -o requirements-model.txt
	$(call extra,node) | $(UV_COMPILE) - -o requirements-node.txt
	npm update --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved=true
	rm -rf .venv-lock
