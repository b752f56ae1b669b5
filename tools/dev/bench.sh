# Runs the benchmarks in an installation of their own. Sourced by ./dev.

dev_bench() {
        dev_build
        MILLRACE_TEST_RUN=${MILLRACE_TEST_RUN:-$ROOT/.run-bench} python3 "$ROOT/tests/bench/bench.py" "$@"
}
