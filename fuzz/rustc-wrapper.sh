#!/bin/sh
# Called by cargo for the crates of this workspace: adds libFuzzer's coverage to them, and leaves
# their dependencies as every other build made them. Works on stable.
exec "$@" --cfg fuzzing -Ccodegen-units=1 \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
