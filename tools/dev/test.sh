# Runs the suites against servers of their own. Sourced by ./dev.

SUITES="unit data contract scenarios chaos sanitize"

# The suites' own folders and ports, so that a running Millrace is left alone.
test_environment() {
        TEST_RUN=$(realpath -m "${MILLRACE_TEST_RUN:-$ROOT/.run-test}")
        export MILLRACE_COUNTS=$TEST_RUN/counts
        RUN=$TEST_RUN LOGS=$TEST_RUN/logs BUILD_LOGS=$TEST_RUN/logs/build STARTED=$TEST_RUN/started PIDS=$TEST_RUN/pids SECRETS=$TEST_RUN/secrets USER_KEYS=$TEST_RUN/keys
        PG_PORT=${MILLRACE_TEST_PG_PORT:-15433}
        export MILLRACE_PG_FSYNC=off
        PG_FSYNC=$MILLRACE_PG_FSYNC
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
        MILLRACE_TEST_NATS_PASSWORD=$(nats_password millrace)
        export MILLRACE_TEST_PG MILLRACE_TEST_NATS MILLRACE_TEST_NATS_PASSWORD
}

# A stopped cluster with prepared databases, in the run folder of nobody.
make_template() {
        ! pg_is_running && pg_is_prepared && return 0
        make_folders
        servers_fresh
        pg_start
        pg_prepare
        pg_stop
}

# What up --fresh begins with, as a copy of a template that the first to come makes, since this takes longer than most tests:
# fresh_from TEMPLATE
fresh_from() {
        mkdir -p "${1%/*}"
        flock -o "$1.lock" env MILLRACE_RUN="$1" "$ROOT/dev" run make_template
        make_folders
        servers_fresh
        cp -a "$(RUN=$1 pg_home)" "$(pg_home)"
        cp -a "$1/secrets/"pgpass.* "$1/secrets/"*.fields "$SECRETS"
}

# buf, at the version that package-lock.json pins. npm takes it for optional, so that npm succeeded means nothing.
# Without a registry the tests that need buf are skipped.
linter_install() {
        local buf=node_modules/@bufbuild/buf-linux-*/bin/buf
        [ package-lock.json -nt node_modules/.package-lock.json ] || ! compgen -G "$buf" >/dev/null || return 0
        step "installing buf"
        npm ci --ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-retry-mintimeout 1000 \
                --fetch-retry-maxtimeout 1000 --fetch-timeout 30000 >"$BUILD_LOGS/npm.log" 2>&1 &&
                compgen -G "$buf" >/dev/null ||
                say "buf cannot be installed: npm ci needs a registry; its output is in $BUILD_LOGS/npm.log"
}

# Runs the tests of suites whose name holds $NAME: run_programs SUITES...
run_programs() {
        MILLRACE_IS_BUILT=yes python3 "$ROOT/tools/dev/run_tests.py" "$BUILD" "$NAME" "$@"
}

# Programs of suites with AddressSanitizer and UndefinedBehaviorSanitizer, which turn a silent mistake into a failure:
# test_sanitized SUITES...
test_sanitized() {
        local BUILD=$ROOT/build-sanitize
        export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
        MILLRACE_MESON_OPTIONS="-Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false" dev_build
        MILLRACE_BUILD=$BUILD run_programs "$@"
        unset ASAN_OPTIONS UBSAN_OPTIONS
}

is_suite() {
        case " $SUITES " in
                *" $1 "*) ;;
                *) return 1 ;;
        esac
}

# dev_test [SUITE...] [NAME]: a name is a part of a test's name, and comes behind its suite. Without a suite each program runs
# once, as users build it or with sanitizers, but for those of contract, which run both ways.
dev_test() {
        local suites="" plain="contract chaos" sanitized="" passed failed skipped NAME
        while [ $# -gt 0 ] && is_suite "$1"; do
                suites="$suites $1"
                shift
        done
        NAME=${1:-}
        [ -z "$NAME" ] || [ -n "$suites" ] || fail "there is no suite '$NAME'" "there are: $SUITES"
        [ $# -le 1 ] || fail "one name at most, not: $*" "see ./dev help"
        test_environment
        dev_build
        linter_install
        trap 'halt nats 5; pg_stop immediate' EXIT
        test_servers
        case " $suites " in
                "  " | *" sanitize "*) sanitized="unit data contract scenarios" ;;
        esac
        [ -z "$suites" ] || plain=$(printf '%s\n' $suites | grep -vx sanitize || true)
        [ -z "$plain" ] || { step "suites:" $plain; run_programs $plain; }
        [ -z "$sanitized" ] || { step "with sanitizers:" $sanitized; test_sanitized $sanitized; }
        passed=$(awk '{ n += $1 } END { print n + 0 }' "$MILLRACE_COUNTS")
        failed=$(awk '{ n += $2 } END { print n + 0 }' "$MILLRACE_COUNTS")
        skipped=$(awk '{ n += $3 } END { print n + 0 }' "$MILLRACE_COUNTS")
        [ "$skipped" = 0 ] || { cut -d' ' -f4- "$MILLRACE_COUNTS" | grep . ; echo "$skipped skipped"; }
        echo "$passed passed, $failed failed"
        [ "$failed" = 0 ] && [ "$passed" != 0 ]
}
