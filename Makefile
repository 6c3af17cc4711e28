# The operators' door.  Needs make and Python 3.11 or newer, nothing else; ARGS passes options on:
#   make run ARGS="--processes 4"   make test ARGS="-k feeds"     make bench ARGS="--help"

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
SUITABLE := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(CANDIDATES); do $$p -c '$(SUITABLE)' 2>/dev/null && echo $$p && break; done)
VENV := .venv/bin
CODE := setup.py requirements upcoach handlers streams models config tests
ARGS ?=
# Only what make's own command line says: every shell sets USER, and some set NAME.
given = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)))
# No shell sets these by itself: whoever did meant them, and a default in their place does harm.
meant = $(if $(filter environment,$(firstword $(origin $(1)))),$(if $($(1)),$(error \
	Say $(1)=… behind make $@: it is not taken from the environment)))$(call given,$(1))
# People may choose the ids of their webhooks: USER=address says whose it is.
WEBHOOK_NAMED = --webhook "$(call meant,WEBHOOK)" --email "$(call given,USER)"

.DEFAULT_GOAL := help
.PHONY: help run demo explain migrate admin revoke factors-remove mail-bounced mail-report client-add clients client-change client-remove coaches coach-verify coach-decline rotate-keys jobs job-run webhooks webhook-add webhook-change webhook-remove webhook-ping webhook-replay webhook-deliveries audit-verify test conformance chaos soak docs check format bench bench-peers lock clean base dev

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: base ## Serve on http://127.0.0.1:8888 (UPCOACH_PORT), with the data in var/ (UPCOACH_DATA)
	@exec $(VENV)/python -m upcoach serve $(ARGS)

demo: base ## Play a habit history to two devices and show each change arrive
	@exec $(VENV)/python -m upcoach demo $(ARGS)

explain: base ## Show the plan of every query that every GET runs; fail on a scan or a sort
	@exec $(VENV)/python -m upcoach explain

migrate: base ## Bring the database to this version's schema, large indexes too
	@exec $(VENV)/python -m upcoach migrate $(ARGS)

# These and audit-verify work beside a running server, and without one.
admin: base ## Make USER=address an operator; ROLE=user takes all roles back
	@exec $(VENV)/python -m upcoach admin --email "$(call given,USER)" --role "$(or $(call meant,ROLE),superadmin)"

revoke: base ## End all sessions of USER=address at once, live sockets too
	@exec $(VENV)/python -m upcoach revoke --email "$(call given,USER)"

factors-remove: base ## Take all second factors off USER=address, who is locked out by them
	@exec $(VENV)/python -m upcoach factors-remove --email "$(call given,USER)"

mail-bounced: base ## Send no notifications by mail to USER=address, whose mail came back or who complained
	@exec $(VENV)/python -m upcoach mail-bounced --email "$(call given,USER)"

mail-report: base ## Read a bounce or a complaint from standard input, and stop mails to whom it is about
	@exec $(VENV)/python -m upcoach mail-report $(ARGS)

client-add: base ## Register an app: NAME=… REDIRECT=… SCOPE=… KIND=public|confidential
	@exec $(VENV)/python -m upcoach client-add --name "$(call given,NAME)" \
		--redirect "$(call meant,REDIRECT)" --scope "$(call meant,SCOPE)" \
		--kind "$(or $(call meant,KIND),public)" $(ARGS)

clients: base ## List the registered apps
	@exec $(VENV)/python -m upcoach clients

client-change: base ## Change what is said of an app: CLIENT=cli_… NAME=… REDIRECT=… SCOPE=…
	@exec $(VENV)/python -m upcoach client-change --client "$(call meant,CLIENT)" \
		--name "$(call given,NAME)" --redirect "$(call meant,REDIRECT)" \
		--scope "$(call meant,SCOPE)" $(ARGS)

client-remove: base ## Remove an app with all that it was given: CLIENT=cli_…
	@exec $(VENV)/python -m upcoach client-remove --client "$(call meant,CLIENT)"

coaches: base ## List the coaches who wait for verification, the longest first
	@exec $(VENV)/python -m upcoach coaches

coach-verify: base ## Verify the profile of the coach USER=address, who is found from then on
	@exec $(VENV)/python -m upcoach coach-verify --email "$(call given,USER)"

coach-decline: base ## Decline the coach USER=address, or take the verification back: REASON="…"
	@exec $(VENV)/python -m upcoach coach-decline --email "$(call given,USER)" \
		--reason "$(call meant,REASON)"

rotate-keys: base ## Sign with a new key from tomorrow on (AT_ONCE=1: now), and wrap all keys anew
	@exec $(VENV)/python -m upcoach rotate-keys $(if $(call meant,AT_ONCE),--at-once) $(ARGS)

jobs: base ## Show what is to be done at a time: waiting, late, running, failed
	@exec $(VENV)/python -m upcoach jobs

webhooks: base ## List the webhooks of all people: where to, state, how many events behind
	@exec $(VENV)/python -m upcoach webhooks

webhook-add: base ## Send what changes for USER=address elsewhere: URL=https://… TYPES="habit.* …"
	@exec $(VENV)/python -m upcoach webhook-add --email "$(call given,USER)" \
		--url "$(call meant,URL)" --types "$(call meant,TYPES)"

webhook-change: base ## Change a webhook: WEBHOOK=whk_… ENABLED=on|off TYPES=…
	@exec $(VENV)/python -m upcoach webhook-change $(WEBHOOK_NAMED) \
		--enabled "$(call meant,ENABLED)" --types "$(call meant,TYPES)"

webhook-remove: base ## Remove a webhook: WEBHOOK=whk_…
	@exec $(VENV)/python -m upcoach webhook-remove $(WEBHOOK_NAMED)

webhook-ping: base ## Send a test message to a webhook: WEBHOOK=whk_…
	@exec $(VENV)/python -m upcoach webhook-ping $(WEBHOOK_NAMED)

webhook-replay: base ## Send what comes after SINCE=cursor (0: everything) once more: WEBHOOK=whk_…
	@exec $(VENV)/python -m upcoach webhook-replay $(WEBHOOK_NAMED) --since "$(call meant,SINCE)"

webhook-deliveries: base ## List the newest deliveries to a webhook: WEBHOOK=whk_…
	@exec $(VENV)/python -m upcoach webhook-deliveries $(WEBHOOK_NAMED)

job-run: base ## Do one of those at once: TIMER=usr_…/…/… as make jobs names it
	@exec $(VENV)/python -m upcoach job-run --timer "$(call meant,TIMER)"

audit-verify: base ## Check the audit log against its checkpoints (ARGS="--export folder" for others)
	@exec $(VENV)/python -m upcoach audit-verify $(ARGS)

# Tests start a hundred processes: without bytecode, each compiles all of the code anew.
test conformance chaos soak: export PYTHONDONTWRITEBYTECODE =

test: dev ## Run the tests on engines of their own
	@exec $(VENV)/python -m pytest $(ARGS)

conformance: dev ## Let Autobahn, Node's clients and Chromium try the live protocol
	@exec $(VENV)/python -m pytest tests/conformance -m "conformance or not conformance" -n 0 $(ARGS)

docs: base ## Write the AsyncAPI and the OpenAPI document anew
	@$(VENV)/python -m handlers.asyncapi docs/asyncapi.json
	@exec $(VENV)/python -m handlers.write_openapi docs/openapi.json

chaos: dev ## Run the tests that take minutes: rolling restarts and kills under many sockets
	@exec $(VENV)/python -m pytest -m chaos -n 0 --timeout 1800 $(ARGS)

soak: dev ## 10,000 logins and 50,000 refreshes with lost answers, a killed node and new keys
	@exec $(VENV)/python -m pytest -m chaos -n 0 --timeout 3600 tests/oauth $(ARGS)

check: dev ## Lint, check the types, the imports' direction and the spelling
	$(VENV)/ruff check $(CODE)
	$(VENV)/ruff format --check $(CODE)
	$(VENV)/mypy --strict $(CODE)
	$(VENV)/lint-imports --no-logo
	$(VENV)/codespell

format: dev ## Format the code and mend what the linter can mend
	$(VENV)/ruff check --fix $(CODE)
	$(VENV)/ruff format $(CODE)

bench: dev ## Measure writes, deliveries and their CPU
	@exec $(VENV)/python -m tests.bench $(ARGS)

bench-peers: dev ## Install into var/bench the servers and schedulers that make bench measures ours against
	$(VENV)/python -m venv var/bench/venv
	var/bench/venv/bin/python -m pip install --disable-pip-version-check --no-input \
		-r tests/bench/peers/requirements.txt
	cp tests/bench/peers/package.json var/bench/
	cd var/bench && npm install --no-audit --no-fund

LOCK = uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: ## Lock the newest versions that requirements/*.in allow (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	$(LOCK) --upgrade requirements/base.in -o requirements/base.txt
	$(LOCK) --upgrade requirements/dev.in -c requirements/base.txt -o requirements/dev.txt

clean: ## Remove the environment and the caches; var/ and its data stay
	rm -rf .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		.coverage htmlcov build dist upcoach.egg-info
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

base dev:
	@test -n "$(PYTHON)" || { echo "UpCoach needs Python 3.11 or newer; none of these is: $(CANDIDATES)"; exit 1; }
	@$(PYTHON) requirements/install.py $@
