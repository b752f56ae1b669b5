# Faults under load for as long as wanted, in an installation of their own. Sourced by ./dev.

# dev_chaos [--split] [OPTION...]: the options of tests/chaos/storm.py.
dev_chaos() {
        local mode=standalone
        if [ "${1:-}" = --split ]; then
                mode=split
                shift
        fi
        dev_build
        MILLRACE_TEST_RUN=${MILLRACE_TEST_RUN:-$ROOT/.run-chaos} MILLRACE_IS_BUILT=yes \
                PYTHONPATH=$ROOT/tests/support python3 "$ROOT/tests/chaos/storm.py" $mode "$@"
}
