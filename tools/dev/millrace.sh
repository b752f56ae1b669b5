# Builds, starts and stops Millrace itself. Sourced by ./dev.

# For nobody but their owner and its group, and for PostgreSQL, which runs as a user of its own when we are root.
make_folders() {
        mkdir -p "$RUN" "$LOGS" "$BUILD_LOGS" "$PIDS" "$SECRETS" "$USER_KEYS"
        chmod 750 "$RUN" "$LOGS" "$BUILD_LOGS" "$PIDS"
        chmod 700 "$SECRETS" "$USER_KEYS"
        [ "$EUID" != 0 ] || ! getent group postgres >/dev/null || chgrp postgres "$RUN"
}

dev_build() {
        make_folders
        # ./dev test has built, and installations that start side by side would build over each other.
        [ -z "${MILLRACE_IS_BUILT:-}" ] || return 0
        packages_install
        if [ ! -f "$BUILD/build.ninja" ]; then
                step "configuring the build in $BUILD"
                meson setup "$BUILD" "$ROOT" ${MILLRACE_MESON_OPTIONS:-} >"$BUILD_LOGS/meson.log" 2>&1 ||
                        fail "meson setup failed" "its output is in $BUILD_LOGS/meson.log"
        fi
        step "compiling"
        ninja -C "$BUILD" >"$BUILD_LOGS/ninja.log" 2>&1 || {
                tail -n 40 "$BUILD_LOGS/ninja.log" >&2
                fail "the build failed" "its output is in $BUILD_LOGS/ninja.log"
        }
}

# There is a key of each service that calls others, and none of users' tokens, from before customer made those.
keys_are_whole() {
        local name
        for name in $CALLERS; do
                [ -f "$SECRETS/$name.jwk" ] || return 1
        done
        [ -f "$SECRETS/jwks.json" ] && [ ! -f "$SECRETS/users.jwk" ]
}

# All at once, since one file has the public halves of all.
make_keys() {
        ! keys_are_whole || return 0
        rm -f "$SECRETS"/*.jwk "$SECRETS/jwks.json" "$SECRETS/test.jwks.json"
        "$BUILD/tools/millracectl/millracectl" keys --out "$SECRETS"
}

# For tests and benchmarks, which say so: they sign users' tokens themselves.
make_test_key() {
        [ "${MILLRACE_TEST_JWKS_FILE:-}" = "$SECRETS/test.jwks.json" ] && [ ! -f "$SECRETS/test.jwks.json" ] || return 0
        rm -f "$SECRETS/test.jwk"
        "$BUILD/tools/millracectl/millracectl" test-key --out "$SECRETS"
}

# Under which the customer service seals what is personal: made once, since nothing opens what was sealed before with others.
make_field_keys() {
        [ -f "$SECRETS/customer.fields" ] ||
                "$BUILD/tools/millracectl/millracectl" fields --out "$SECRETS/customer.fields"
}

# Signs the links to reviews: made once, since a link that was sent leads nowhere without it.
make_link_key() {
        [ -s "$SECRETS/review.links" ] || (umask 077 && random_secret >"$SECRETS/review.links")
}

# Each database with an outbox.
relay_sources() {
        local name
        for name in $PUBLISHERS; do
                printf '%s=%s;' "$name" "$(pg_dsn "millrace_$name" millrace_relay)"
        done | sed 's/;$//'
}

# What every process gets. A setting that is already in the environment wins.
export_settings() {
        local name
        make_keys
        make_test_key
        make_field_keys
        make_link_key
        PG_SOCKET=$(pg_socket_folder "$(pg_home)")
        export MILLRACE_JWKS_FILE="$SECRETS/jwks.json"
        export MILLRACE_CUSTOMER_KEYS_FILE="$SECRETS/customer.fields"
        export MILLRACE_REVIEW_LINK_KEY_FILE="$SECRETS/review.links"
        export MILLRACE_REVIEW_LINK_URL="${MILLRACE_REVIEW_LINK_URL:-http://127.0.0.1:$HTTP_PORT/api/v1/reviews/links/}"
        export MILLRACE_NATS_URL="nats://127.0.0.1:$NATS_PORT"
        export MILLRACE_NATS_USER=standalone
        export MILLRACE_NATS_PASSWORD_FILE="$SECRETS/nats.standalone"
        for name in $WITH_DATABASE; do
                export "MILLRACE_${name^^}_DSN=$(pg_dsn "millrace_$name" "millrace_$name")"
                export "MILLRACE_${name^^}_TARGET=127.0.0.1:${GRPC_PORT[$name]}"
        done
        MILLRACE_RELAY_SOURCES=$(relay_sources)
        export MILLRACE_RELAY_SOURCES
        export MILLRACE_RELAY_HINT="$PG_SOCKET.hint"
        export MILLRACE_HTTP_PORT="$HTTP_PORT"
        export MILLRACE_REFLECTION="${MILLRACE_REFLECTION:-true}"
}

# Lines that a shell can source.
dev_env() {
        local name
        export_settings
        export MILLRACE_GRPC_PORT="${GRPC_PORT[order]}"
        for name in $(compgen -e MILLRACE_ | sort); do
                printf 'export %s=%s\n' "$name" "${!name@Q}"
        done
}

# The variables of the ports, with what they are, for a sentence.
grpc_ports() {
        local name
        for name in $WITH_DATABASE; do
                printf ' %s (%s),' "MILLRACE_${name^^}_PORT" "${GRPC_PORT[$name]}"
        done
}

# Every MILLRACE_ name that a program, a script or a test knows.
known_variables() {
        local program
        {
                for program in millrace $SERVICES; do
                        "$(program_of "$program")" --help
                done
                grpc_ports
        } | cat - $(cd "$ROOT" && find dev */ -name 'build*' -prune -o -name node_modules -prune \
                -o -type f \( -name dev -o -name '*.sh' -o -name '*.py' -o -name '*.c' \) -print) |
                grep -oE 'MILLRACE_[A-Z0-9_]+' | sort -u
}

# A name in the environment that nobody reads is most likely misspelt.
warn_of_unknown_variables() {
        known_variables | python3 -c '
import difflib, os, sys
known = sys.stdin.read().split()
for name in sorted(set(os.environ) - set(known)):
    if name.startswith("MILLRACE_"):
        near = difflib.get_close_matches(name, known, 1, 0.8)
        meant = f"; the nearest that there is: {near[0]}" if near else ""
        print(f"dev: nothing reads {name}{meant}", file=sys.stderr)'
}

start_standalone() {
        step "starting millrace"
        MILLRACE_GRPC_PORT=${GRPC_PORT[order]} MILLRACE_USER_KEYS_FILE="$USER_KEYS/millrace.json" \
                launch millrace "$(program_of millrace)"
}

# The one process of all is where order is in a split installation.
grpc_port_of() {
        [ "$1" = millrace ] && echo "${GRPC_PORT[order]}" || echo "${GRPC_PORT[$1]:-}"
}

# Where a process shows health and metrics, into FOUND_PORT: beside REST, or on a port of its own.
find_metrics_port() {
        local name
        FOUND_PORT=$HTTP_PORT
        case $1 in millrace | gateway) return 0 ;; esac
        FOUND_PORT=$METRICS_PORT
        for name in $SERVICES; do
                [ "$name" != "$1" ] || return 0
                FOUND_PORT=$((FOUND_PORT + 1))
        done
}

metrics_port_of() {
        find_metrics_port "$1"
        echo "$FOUND_PORT"
}

program_of() {
        [ "$1" = millrace ] && echo "$BUILD/millrace" || echo "$BUILD/millrace-$1"
}

# One service of a split installation: start_one NAME; another process of it, under its own name and at a port of its own:
# start_one NAME SERVICE PORT
start_one() {
        local service=${2:-$1} port http_port=$HTTP_PORT metrics_port=0
        step "starting millrace-$1"
        port=${3:-$(grpc_port_of "$service")}
        [ "$service" != gateway ] || { http_port=${3:-$HTTP_PORT} port=0; }
        [ "$1" = gateway ] || [ "$1" != "$service" ] || metrics_port=$(metrics_port_of "$service")
        MILLRACE_GRPC_PORT=${port:-0} MILLRACE_HTTP_PORT=$http_port MILLRACE_METRICS_PORT=$metrics_port \
                MILLRACE_SERVICE_KEY_FILE="$SECRETS/$service.jwk" MILLRACE_NATS_USER=$service \
                MILLRACE_USER_KEYS_FILE="$USER_KEYS/$1.json" \
                MILLRACE_NATS_PASSWORD_FILE="$SECRETS/nats.$service" launch "$1" "$(program_of "$service")"
}

# start_process millrace|NAME
start_process() {
        [ "$1" = millrace ] && start_standalone || start_one "$1"
}

# Ends a process, if it is not dead yet, and starts it; returns when it is ready: restart_process NAME
restart_process() {
        halt "$1" 15
        start_process "$1"
        wait_until_ready "$1"
}

start_split() {
        local service
        for service in $SERVICES; do
                start_one "$service"
        done
}

millrace_processes() {
        local name
        for name in millrace $SERVICES; do
                ! is_running "$name" || echo "$name"
        done
}

stop_millrace() {
        local name
        for name in $(millrace_processes); do
                halt "$name" 15
        done
}

# Asks a port without starting a program, since up does so over and over; what it said stands in $RUN/ready: ask_ready PORT
ask_ready() {
        local status='' line
        : >"$RUN/ready"
        { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
        printf 'GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
        read -r -t 2 _ status _ <&3 || true
        while IFS= read -r -t 2 line <&3 && [ "$line" != $'\r' ]; do
                :
        done
        IFS= read -r -t 2 line <&3 || true
        exec 3>&-
        printf '%s\n' "$line" >"$RUN/ready"
        [ "$status" = 200 ]
}

# No process asks another whether it is ready: is_ready NAME...
is_ready() {
        local name
        for name in "$@"; do
                find_metrics_port "$name"
                ask_ready "$FOUND_PORT" || return 1
        done
}

# Ready, unless one of its processes ended meanwhile.
wait_until_ready() {
        local end=$((SECONDS + 60)) name
        until is_ready "$@"; do
                for name in "$@"; do
                        is_running "$name" && continue
                        last_words "$name" >&2
                        fail "$name ended at start" "its log: $LOGS/$name.log"
                done
                [ $SECONDS -lt $end ] ||
                        fail "Millrace is not ready after 60 s" "$(cat "$RUN/ready" 2>/dev/null)" "logs: $LOGS"
                sleep 0.05
        done
}

# names_of standalone|split
names_of() {
        [ "$1" = split ] && echo "$SERVICES" || echo millrace
}

# Starts it on servers that run and are prepared, and waits until it is ready: start_millrace standalone|split
start_millrace() {
        "start_$1"
        wait_until_ready $(names_of "$1")
}

# dev_stubs LANGUAGE FOLDER
dev_stubs() {
        local googleapis=/usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis plugin folders=''
        [ $# = 2 ] || fail "stubs wants a language and a folder" "as in: ./dev stubs java /tmp/millrace"
        plugin=$(command -v "grpc_$1_plugin" || true)
        # Without it C# has one folder for all, and two protos called order.proto.
        [ "$1" != csharp ] || folders=base_namespace=
        mkdir -p "$2"
        (cd "$ROOT/protos" && find . -name '*.proto' -printf '%P\n') |
                xargs protoc -I "$ROOT/protos" -I "$googleapis" -I /usr/include "--$1_out=$folders:$2" \
                        ${plugin:+"--plugin=protoc-gen-grpc=$plugin" "--grpc_out=$folders:$2"} \
                        google/api/annotations.proto google/api/http.proto ||
                fail "protoc cannot write $1" "it knows: cpp, csharp, java, kotlin, objc, php, python, ruby"
}

# Logs a demo account in, as anybody would, and prints its access token: dev_token [NAME]
dev_token() {
        local name=${1:-customer} reply status
        case $name in
                customer | stranger | admin) ;;
                *) fail "there is no demo account '$name'" "there are: customer, stranger, admin" ;;
        esac
        reply=$RUN/login.$$
        status=$(curl -sS -m 10 -o "$reply" -w '%{http_code}' "http://127.0.0.1:$HTTP_PORT/api/v1/auth/login" \
                -H 'Content-Type: application/json' \
                --data "{\"email\": \"$name@example.com\", \"password\": \"millrace-demo\"}") ||
                { rm -f "$reply"; fail "nobody can log in" "./dev up starts Millrace; ./dev status shows what runs"; }
        [ "$status" = 200 ] ||
                fail "$name@example.com cannot log in: $status, $(jq -r .message "$reply"; rm -f "$reply")" "logs: $LOGS"
        jq -r .accessToken "$reply"
        rm -f "$reply"
}

sample_order() {
        cat "$ROOT/tests/scenarios/order_000.json"
}

print_addresses() {
        cat <<-TEXT

		Millrace is ready.
		  REST      http://127.0.0.1:$HTTP_PORT/api/v1    health: /health/live /health/ready    metrics: /metrics
		  gRPC      127.0.0.1:${GRPC_PORT[order]}    (reflection on; send 'authorization: Bearer TOKEN')
		  Postgres  psql "$(pg_dsn millrace_order)"
		  NATS      nats://127.0.0.1:$NATS_PORT    user reader, password in $SECRETS/nats.reader
		  logs      $LOGS

		Place an order:
		  curl -s -X POST http://127.0.0.1:$HTTP_PORT/api/v1/orders -H "Authorization: Bearer \$(./dev token)" \\
		       -H 'Content-Type: application/json' -H "Idempotency-Key: \$(cat /proc/sys/kernel/random/uuid)" \\
		       --data @tests/scenarios/order_000.json | jq .
	TEXT
}

stop_all() {
        stop_millrace
        halt nats 10
        pg_stop
        rm -f "$STARTED" "$PIDS"/*
}

# Before anything is started: refuses ports that another process has.
need_ports() {
        local name port
        pg_is_running || need_port "$PG_PORT" MILLRACE_PG_PORT
        is_running nats || need_port "$NATS_PORT" MILLRACE_NATS_PORT
        need_port "$HTTP_PORT" MILLRACE_HTTP_PORT
        need_port "${GRPC_PORT[order]}" MILLRACE_ORDER_PORT
        [ "$MODE" = split ] || return 0
        for name in $WITH_DATABASE; do
                need_port "${GRPC_PORT[$name]}" "MILLRACE_${name^^}_PORT"
        done
        for name in $SERVICES; do
                [ "$name" = gateway ] || need_port "$(metrics_port_of "$name")" MILLRACE_FIRST_METRICS_PORT
        done
}

usage_up() {
        cat <<-TEXT
		./dev up [--split] [--detach] [--fresh]
		  --split    a process for each service, instead of one for all
		  --detach   returns once it is ready; ./dev down stops it
		  --fresh    begins with empty databases and an empty stream
	TEXT
}

dev_up() {
        local detach='' fresh='' option
        MODE=standalone
        for option in "$@"; do
                case $option in
                        --help | -h) usage_up; return 0 ;;
                        --split) MODE=split ;;
                        --detach) detach=yes ;;
                        --fresh) fresh=yes ;;
                        *) fail "up does not know '$option'" "it knows --split, --detach and --fresh" ;;
                esac
        done
        [ -z "$(millrace_processes)" ] ||
                fail "Millrace is already running: $(millrace_processes | tr '\n' ' ')" \
                        "./dev status shows it, ./dev down stops it"
        need_ports
        dev_build
        warn_of_unknown_variables
        trap 'step stopping; stop_all' EXIT
        trap 'say; exit 0' INT TERM
        [ -z "$fresh" ] || servers_fresh
        remember
        pg_start
        nats_start
        pg_prepare
        export_settings
        start_millrace "$MODE"
        print_addresses
        [ -n "$detach" ] || watch_processes $(names_of "$MODE")
        trap - EXIT INT TERM
}

# Stays until Ctrl-C; an end of one of the processes is news.
watch_processes() {
        local name
        say
        say "Ctrl-C stops everything."
        while sleep 1; do
                for name in "$@"; do
                        is_running "$name" && continue
                        last_words "$name" >&2
                        fail "$name ended" "its log: $LOGS/$name.log"
                done
        done
}

dev_down() {
        step "stopping"
        stop_all
}

# One line of status: what a process is called, whether it is ready, and where to ask it what.
status_of() {
        local port ready=ready
        port=$(grpc_port_of "$1")
        is_ready "$1" || ready='not ready'
        say "$1: running, $ready, pid $(pid_of "$1")${port:+, gRPC 127.0.0.1:$port}, health and metrics" \
                "http://127.0.0.1:$(metrics_port_of "$1")"
}

dev_status() {
        local name
        for name in $(millrace_processes); do
                status_of "$name"
        done
        is_running nats && say "nats: running on 127.0.0.1:$NATS_PORT, pid $(pid_of nats)" ||
                say "nats: stopped"
        pg_is_running && say "postgres: running on 127.0.0.1:$PG_PORT" || say "postgres: stopped"
        [ -n "$(millrace_processes)" ] || say "millrace: stopped"
}

# Without a name those of what runs, since an earlier mode left logs too; when nothing runs, whatever there is.
dev_logs() {
        local name logs=()
        if [ $# -gt 0 ]; then
                [ -f "$LOGS/$1.log" ] ||
                        fail "there is no log of '$1'" \
                                "there are: $(cd "$LOGS" 2>/dev/null && ls -- *.log 2>/dev/null | sed 's/\.log//' | tr '\n' ' ')"
                exec tail -n 100 -F "$LOGS/$1.log"
        fi
        compgen -G "$LOGS/*.log" >/dev/null || fail "there are no logs yet" "./dev up makes some"
        for name in $(millrace_processes); do
                logs+=("$LOGS/$name.log")
        done
        [ ${#logs[@]} = 0 ] && logs=("$LOGS"/*.log) || logs+=("$LOGS/nats.log")
        exec tail -n 20 -F "${logs[@]}"
}
