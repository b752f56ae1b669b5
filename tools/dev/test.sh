# Runs the suites against servers of their own. Sourced by ./dev.

SUITES="unit data contract scenarios chaos sanitize"

# The suites' own folders and ports, so that a running Millrace is left alone.
test_environment() {
        TEST_RUN=$(realpath -m "${MILLRACE_TEST_RUN:-$ROOT/.run-test}")
        export MILLRACE_COUNTS=$TEST_RUN/counts
        RUN=$TEST_RUN LOGS=$TEST_RUN/logs PIDS=$TEST_RUN/pids SECRETS=$TEST_RUN/secrets
        PG_PORT=${MILLRACE_TEST_PG_PORT:-15433}
        NATS_PORT=${MILLRACE_TEST_NATS_PORT:-14223}
        mkdir -p "$RUN"
        : >"$MILLRACE_COUNTS"
}

test_servers() {
        servers_fresh
        pg_start
        nats_start
        MILLRACE_TEST_PG=$(PG_SOCKET=127.0.0.1 pg_dsn postgres)
        MILLRACE_TEST_NATS=nats://127.0.0.1:$NATS_PORT
        MILLRACE_TEST_NATS_PASSWORD=$(nats_password)
        export MILLRACE_TEST_PG MILLRACE_TEST_NATS MILLRACE_TEST_NATS_PASSWORD
}

# buf, at the version that package-lock.json pins. npm takes it for optional, so that it has done its work means nothing.
linter_install() {
        local buf=node_modules/@bufbuild/buf-linux-*/bin/buf
        [ package-lock.json -nt node_modules/.package-lock.json ] || ! compgen -G "$buf" >/dev/null || return 0
        step "installing buf"
        npm ci --ignore-scripts --no-audit --no-fund >"$LOGS/npm.log" 2>&1 && compgen -G "$buf" >/dev/null ||
                fail "buf, which lints the protos, cannot be installed: npm ci needs a registry" "its output is in $LOGS/npm.log"
}

run_suite() {
        step "suite $1"
        case $1 in
                unit | data | contract | scenarios | chaos) python3 "$ROOT/tools/dev/run_tests.py" "$BUILD" "$1" ;;
                sanitize) test_sanitized ;;
        esac
}

# The same programs with AddressSanitizer and UndefinedBehaviorSanitizer, which turn a silent mistake into a failure.
test_sanitized() {
        local BUILD=$ROOT/build-sanitize
        export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
        export LSAN_OPTIONS=suppressions=$ROOT/tests/support/leaks.supp
        MILLRACE_MESON_OPTIONS="-Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false" dev_build
        python3 "$ROOT/tools/dev/run_tests.py" "$BUILD" unit data
        unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
}

dev_test() {
        local suites=${*:-$SUITES} suite passed failed
        for suite in $suites; do
                case " $SUITES " in
                        *" $suite "*) ;;
                        *) fail "there is no suite '$suite'" "there are: $SUITES" ;;
                esac
        done
        test_environment
        dev_build
        linter_install
        trap 'halt nats 5; pg_stop immediate' EXIT
        test_servers
        for suite in $suites; do
                run_suite "$suite"
        done
        passed=$(awk '{ n += $1 } END { print n + 0 }' "$MILLRACE_COUNTS")
        failed=$(awk '{ n += $2 } END { print n + 0 }' "$MILLRACE_COUNTS")
        echo "$passed passed, $failed failed"
        [ "$failed" = 0 ] && [ "$passed" != 0 ]
}
