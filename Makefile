# Thin targets: npm scripts and docker compose do the work. `make help` lists them.
.DEFAULT_GOAL := help
IS_NODE_24 = const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 24 || (major === 24 && minor >= 22) ? 0 : 1)
NEEDS_NODE_24 = npm brings Node 24 for Linux on x64 only: install Node 24.22.1 or newer from https://nodejs.org
NEEDS_HOME = npm keeps its cache in the home folder: set HOME to a folder that this user may write
PRODUCTION = docker compose --file deploy/compose.prod.yaml --env-file deploy/.env

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js with npm (Linux on x64: from 20, elsewhere: from 24.22.1)'; exit 1; }
	@cache="$$(npm config get cache 2>/dev/null)" && mkdir -p "$$cache" 2>/dev/null && test -w "$$cache" || { echo '$(NEEDS_HOME)'; exit 1; }
	@echo '· fetching Node 24 and the packages (npm install), about a minute when nothing is cached …'
	@npm install --no-audit --no-fund --loglevel=error
	@PATH="node_modules/.bin:$$PATH" node -e '$(IS_NODE_24)' || { echo '$(NEEDS_NODE_24)'; exit 1; }
	@touch $@

models/manifest.json: node_modules/.installed scripts/build-models.ts src/adapters/mediapipe/models.ts
	@npm run --silent models
	@touch $@

.PHONY: prepare demo test check bench dev needs-docker needs-settings build up down logs \
	prod-up prod-down prod-logs prod-pull pin rehearse help

prepare: node_modules/.installed models/manifest.json ## Fetch the packages and convert the pose models

demo: prepare ## The main job end to end on the local stack (ARGS=--once ends by itself)
	@npm run --silent demo -- $(ARGS)

test: prepare ## Every test
	@npm --silent test

check: prepare ## Format, lint, types, unused code
	@npm run --silent check

bench: prepare ## The benchmarks, with their baselines
	@npm run --silent bench:walk
	@npm run --silent bench:pose

dev: prepare ## The local stack alone; prints the environment to use with it
	@npm run --silent local

needs-docker:
	@docker compose version >/dev/null 2>&1 || { echo 'Docker with its compose plugin is missing: https://docs.docker.com/engine/install'; exit 1; }

needs-settings: needs-docker
	@test -f deploy/.env || { echo 'deploy/.env is missing: copy deploy/.env.example and fill it in'; exit 1; }

build: needs-docker ## In containers: build the images
	@docker compose build

up: needs-docker ## In containers: Redis, the local stack and the worker, on http://localhost:8000
	@docker compose up --build --detach --wait

down: needs-docker ## In containers: end them and remove their data
	@docker compose down --volumes

logs: needs-docker ## In containers: follow the logs
	@docker compose logs --follow --tail 100

prod-pull: needs-settings ## Production: fetch the images
	@$(PRODUCTION) pull

prod-up: needs-settings ## Production: start it and wait until it is healthy
	@$(PRODUCTION) up --detach --wait --remove-orphans

prod-down: needs-settings ## Production: end it; data stays
	@$(PRODUCTION) down

prod-logs: needs-settings ## Production: follow the logs
	@$(PRODUCTION) logs --follow --tail 100

pin: prepare ## Ask the registry for the images' digests and write them behind their versions
	@npm run --silent pin

rehearse: prepare ## Build the image on Debian without a registry and run its tests (as root)
	@scripts/rehearse-image.sh

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12
