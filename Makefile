# Thin targets: npm scripts do the work. `make help` lists them.
.DEFAULT_GOAL := help
export ONNXRUNTIME_NODE_INSTALL = skip

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js (any version from 20) with npm'; exit 1; }
	@echo '· fetching Node 24 and the packages (npm install), about a minute when nothing is cached …'
	@npm install --no-audit --no-fund --loglevel=error
	@touch $@

models/manifest.json: node_modules/.installed scripts/build-models.ts
	@npm run --silent models
	@touch $@

.PHONY: prepare demo test check bench dev help

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

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12
