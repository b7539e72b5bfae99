# payhub: `make run` makes a first payment, `make test` runs every test, `make help` lists the rest.

SHELL := /bin/sh
GO ?= go
TOOL := $(GO) tool -modfile=tools.mod
BIN := bin/payhub
STAY ?= 1
# Property tests draw from this seed, so that a run can be repeated; make torture draws anew each time.
SEED ?= 1
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)
# Debian's RocksDB is linked as it is installed.
export CGO_ENABLED := 1
# Test modules and suites outside the main module; each is run when it is there.
TEST_PACKAGES ?= ./...
TEST_FLAGS ?= -race -p 2 -timeout 15m

.PHONY: help run build test test-go test-modules check format lint vet mod tidy generate bench torture setup setup-test clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: build ## build, start payhub dev, make one payment, stay up (STAY=0: end after it)
	@PAYHUB=$(BIN) STAY=$(STAY) .ci/first-payment

build: setup ## build bin/payhub
	@mkdir -p bin
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/payhub

setup: ## install what is missing to build
	@.ci/setup build

setup-test: ## install what is missing to build and test
	@.ci/setup test

test: setup-test test-go test-modules ## every test, race detector on

test-go:
	@GO='$(GO)' SEED='$(SEED)' .ci/go-test $(TEST_FLAGS) $(TEST_PACKAGES)

test-modules: build
	@.ci/test-modules

check: setup format vet lint mod tidy ## format, vet, lint, go.mod, house rules, docs

format:
	@files=$$($(TOOL) gofumpt -l $$(.ci/go-files)); \
	if [ -n "$$files" ]; then echo "not formatted (cure: make fmt):"; echo "$$files"; exit 1; fi

.PHONY: fmt
fmt: ## format every Go file
	$(TOOL) gofumpt -w $$(.ci/go-files)

vet:
	$(GO) vet ./...

lint:
	$(TOOL) staticcheck ./...

# -e: a module that only tests of our dependencies' tests need cannot be had everywhere; what we
# need ourselves is checked by vet.
mod:
	$(GO) mod verify
	$(GO) mod tidy -e -diff 2>/dev/null

tidy: ## the house rules: imports, purity, sizes, docs
	$(GO) test -count=1 ./internal/tidy

generate: setup ## rebuild generated code
	$(GO) generate ./...

bench: setup ## benchmarks; each figure with its ratio to a baseline of the same run
	@.ci/bench

torture: setup-test build ## the long forms: crash, fuzzing
	@.ci/torture

clean:
	rm -rf bin .cache
