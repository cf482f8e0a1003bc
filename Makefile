# `make help` lists the targets. Everything is built in release, in one build tree.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup slow-setup build demo test test-all benchmark figures format install clean

PREFIX ?= /usr/local

swift := source Scripts/environment; swift
flags := --configuration release --explicit-target-dependency-import-check error
sources := $(wildcard Sources Tests Examples) Package.swift

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | expand -t 12

setup:  ## install what is missing: Debian packages, Swift
	@Scripts/setup

build: setup  ## build the program, .build/release/apus
	@$(swift) build $(flags)

demo: build  ## train MobileNet on Fashion-MNIST for two epochs, then evaluate it
	@n=1; while [[ -e runs/demo-$$n ]]; do n=$$((n + 1)); done; \
	  .build/release/apus train fashion --epochs 2 --output runs/demo-$$n; \
	  .build/release/apus evaluate runs/demo-$$n

test: setup  ## check the format and run the tests
	@$(swift) format lint --strict --recursive $(sources)
	@Tests/Setup/run
	@Tests/Arm/run
	@if command -v python3 >/dev/null; then Tests/Benchmarks/run; else echo "skipped Tests/Benchmarks: python3 is missing"; fi
	@$(swift) test $(flags) --disable-testable-imports --disable-xctest

test-all: export APUS_SLOW_TESTS = 1
test-all: slow-setup test  ## the same with the slow tests

slow-setup:
	@Scripts/setup --slow-tests

benchmark: build  ## time every case that has a target beside its peer; cases="wgan ..." names some
	@Scripts/setup --benchmark
	@Benchmarks/run $(cases)

figures: build  ## draw the pictures of Documentation/ anew
	@mkdir -p Documentation/Pictures
	@.build/release/ExampleDropout Documentation/Pictures/dropout.png
	@.build/release/apus solve birth-death --until 2 --derive --picture Documentation/Pictures/rates.png >/dev/null

format:  ## format the Swift sources in place
	@$(swift) format --in-place --recursive $(sources)

install:  ## copy the program to $(PREFIX)/bin, /usr/local/bin if not told
	@[[ -x .build/release/apus ]] || { echo "make install: run \`make build\` first" >&2; exit 1; }
	install -D --mode 755 .build/release/apus "$(DESTDIR)$(PREFIX)/bin/apus"

clean:  ## remove what was built
	rm -rf .build
