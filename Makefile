# Thin targets: npm scripts do the work. `make help` lists them.
.DEFAULT_GOAL := help
export ONNXRUNTIME_NODE_INSTALL = skip

node_modules/.installed: package.json package-lock.json
	@echo '· fetching Node 24 and the packages (npm install) …'
	@npm install --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: demo
demo: node_modules/.installed ## The main job end to end on the local stack (ARGS=--once ends by itself)
	@npm run --silent demo -- $(ARGS)

.PHONY: test
test: node_modules/.installed ## Every test
	@npm test

.PHONY: help
help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
