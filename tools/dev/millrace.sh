# Builds, starts and stops Millrace itself. Sourced by ./dev.

SPLIT_SERVICES="warehouse payment order relay gateway"

# For nobody but their owner and its group, and for PostgreSQL, which runs as a user of its own when we are root.
make_folders() {
        mkdir -p "$RUN" "$LOGS" "$PIDS" "$SECRETS"
        chmod 750 "$RUN" "$LOGS" "$PIDS"
        chmod 700 "$SECRETS"
        [ "$(id -u)" != 0 ] || ! getent group postgres >/dev/null || chgrp postgres "$RUN"
}

dev_build() {
        make_folders
        # ./dev test has built, and installations that start side by side would build over each other.
        [ -z "${MILLRACE_IS_BUILT:-}" ] || return 0
        packages_install
        if [ ! -f "$BUILD/build.ninja" ]; then
                step "configuring the build in $BUILD"
                meson setup "$BUILD" "$ROOT" ${MILLRACE_MESON_OPTIONS:-} >"$LOGS/meson.log" 2>&1 ||
                        fail "meson setup failed" "its output is in $LOGS/meson.log"
        fi
        step "compiling"
        ninja -C "$BUILD" >"$LOGS/ninja.log" 2>&1 || {
                tail -n 40 "$LOGS/ninja.log" >&2
                fail "the build failed" "its output is in $LOGS/ninja.log"
        }
}

# Keys from before the JWKS said what each may be used for are of no use any more.
make_keys() {
        grep -qs millrace_may "$SECRETS/jwks.json" && return 0
        rm -f "$SECRETS"/*.jwk "$SECRETS/jwks.json"
        "$BUILD/tools/millracectl/millracectl" keys --out "$SECRETS"
}

# What every process gets. A setting that is already in the environment wins.
export_settings() {
        make_keys
        PG_SOCKET=$(pg_socket_folder "$(pg_home)")
        export MILLRACE_JWKS_FILE="$SECRETS/jwks.json"
        export MILLRACE_NATS_URL="nats://127.0.0.1:$NATS_PORT"
        export MILLRACE_NATS_USER=standalone
        export MILLRACE_NATS_PASSWORD_FILE="$SECRETS/nats.standalone"
        MILLRACE_ORDER_DSN=$(pg_dsn millrace_order millrace_order)
        MILLRACE_WAREHOUSE_DSN=$(pg_dsn millrace_warehouse millrace_warehouse)
        MILLRACE_PAYMENT_DSN=$(pg_dsn millrace_payment millrace_payment)
        MILLRACE_RELAY_SOURCES="order=$(pg_dsn millrace_order millrace_relay)"
        export MILLRACE_ORDER_DSN MILLRACE_WAREHOUSE_DSN MILLRACE_PAYMENT_DSN
        export MILLRACE_RELAY_SOURCES
        export MILLRACE_RELAY_HINT="$PG_SOCKET.hint"
        export MILLRACE_HTTP_PORT="$HTTP_PORT"
        export MILLRACE_REFLECTION="${MILLRACE_REFLECTION:-true}"
        export MILLRACE_ORDER_TARGET="127.0.0.1:$ORDER_PORT"
        export MILLRACE_WAREHOUSE_TARGET="127.0.0.1:$WAREHOUSE_PORT"
        export MILLRACE_PAYMENT_TARGET="127.0.0.1:$PAYMENT_PORT"
}

dev_env() {
        export_settings
        env | grep '^MILLRACE_' | sort
}

start_standalone() {
        need_port "$HTTP_PORT" MILLRACE_HTTP_PORT
        need_port "$ORDER_PORT" MILLRACE_ORDER_PORT
        step "starting millrace"
        MILLRACE_GRPC_PORT=$ORDER_PORT launch millrace "$BUILD/millrace"
}

grpc_port_of() {
        case $1 in
                order) echo "$ORDER_PORT" ;;
                warehouse) echo "$WAREHOUSE_PORT" ;;
                payment) echo "$PAYMENT_PORT" ;;
        esac
}

# One service of a split installation: start_one NAME
start_one() {
        local port
        step "starting millrace-$1"
        port=$(grpc_port_of "$1")
        MILLRACE_GRPC_PORT=${port:-0} MILLRACE_SERVICE_KEY_FILE="$SECRETS/$1.jwk" \
                MILLRACE_NATS_USER=$1 MILLRACE_NATS_PASSWORD_FILE="$SECRETS/nats.$1" \
                launch "$1" "$BUILD/millrace-$1"
}

start_split() {
        local service
        need_port "$HTTP_PORT" MILLRACE_HTTP_PORT
        need_port "$ORDER_PORT" MILLRACE_ORDER_PORT
        need_port "$WAREHOUSE_PORT" MILLRACE_WAREHOUSE_PORT
        need_port "$PAYMENT_PORT" MILLRACE_PAYMENT_PORT
        for service in $SPLIT_SERVICES; do
                start_one "$service"
        done
}

millrace_processes() {
        local name
        for name in millrace gateway order payment warehouse relay; do
                ! is_running "$name" || echo "$name"
        done
}

stop_millrace() {
        local name
        for name in $(millrace_processes); do
                halt "$name" 15
        done
}

# What gRPC health (grpc.health.v1) at a port says of the whole server: SERVING? "" has no port that is known.
is_serving() {
        [ -n "$1" ] || return 0
        printf '\0\0\0\0\0' | curl -fsS -m 2 --http2-prior-knowledge -H 'Content-Type: application/grpc' \
                -H 'TE: trailers' --data-binary @- -o "$RUN/serving" \
                "http://127.0.0.1:$1/grpc.health.v1.Health/Check" 2>/dev/null &&
                printf '\0\0\0\0\2\10\1' | cmp -s - "$RUN/serving"
}

# The gateway does not ask the services whether they are ready: is_ready NAME...
is_ready() {
        local name
        curl -fsS -o "$RUN/ready" "http://127.0.0.1:$HTTP_PORT/health/ready" 2>/dev/null || return 1
        for name in "$@"; do
                is_serving "$(grpc_port_of "$name")" || return 1
        done
}

# Ready, unless one of its processes ended meanwhile.
wait_until_ready() {
        local end=$((SECONDS + 60)) name
        until is_ready "$@"; do
                for name in "$@"; do
                        is_running "$name" && continue
                        tail -n 5 "$LOGS/$name.log" >&2
                        fail "$name ended at start" "its log: $LOGS/$name.log"
                done
                [ $SECONDS -lt $end ] ||
                        fail "Millrace is not ready after 60 s" "$(cat "$RUN/ready" 2>/dev/null)" "logs: $LOGS"
                sleep 0.05
        done
}

# names_of standalone|split
names_of() {
        [ "$1" = split ] && echo "$SPLIT_SERVICES" || echo millrace
}

# Starts it on servers that run and are prepared, and waits until it is ready: start_millrace standalone|split
start_millrace() {
        "start_$1"
        wait_until_ready $(names_of "$1")
}

load_demo() {
        pg_sql millrace_order -f "$ROOT/order/demo/demo.sql"
        pg_sql millrace_warehouse -f "$ROOT/warehouse/demo/demo.sql"
}

dev_token() {
        local role=${1:-customer} subject=CUST-12345
        [ "$role" != admin ] || subject=USER-ADMIN
        "$BUILD/tools/millracectl/millracectl" token --key "$SECRETS/users.jwk" \
                --subject "$subject" --role "$role"
}

sample_order() {
        cat "$ROOT/tests/scenarios/order_000.json"
}

print_addresses() {
        cat <<-TEXT

		Millrace is ready.
		  REST      http://127.0.0.1:$HTTP_PORT/api/v1    health: /health/live /health/ready    metrics: /metrics
		  gRPC      127.0.0.1:$ORDER_PORT    (reflection on; send 'authorization: Bearer TOKEN')
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
}

dev_up() {
        local mode=standalone detach='' fresh='' option
        for option in "$@"; do
                case $option in
                        --split) mode=split ;;
                        --detach) detach=yes ;;
                        --fresh) fresh=yes ;;
                        *) fail "up does not know '$option'" "it knows --split, --detach and --fresh" ;;
                esac
        done
        [ -z "$(millrace_processes)" ] ||
                fail "Millrace is already running: $(millrace_processes | tr '\n' ' ')" \
                        "./dev status shows it, ./dev down stops it"
        dev_build
        [ -z "$fresh" ] || servers_fresh
        [ -n "$detach" ] || trap 'say; step stopping; stop_all; exit 0' INT TERM
        pg_start
        nats_start
        pg_prepare
        export_settings
        start_millrace $mode
        load_demo
        print_addresses
        [ -n "$detach" ] || watch_processes $(names_of $mode)
}

# Stays until Ctrl-C; an end of one of the processes is news.
watch_processes() {
        local name
        say
        say "Ctrl-C stops everything."
        while sleep 1; do
                for name in "$@"; do
                        is_running "$name" || { stop_all; fail "$name ended" "its log: $LOGS/$name.log"; }
                done
        done
}

dev_down() {
        step "stopping"
        stop_all
}

dev_status() {
        local name
        for name in $(millrace_processes); do
                say "$name: running, pid $(pid_of "$name")"
        done
        is_running nats && say "nats: running on 127.0.0.1:$NATS_PORT, pid $(pid_of nats)" ||
                say "nats: stopped"
        port_is_open "$PG_PORT" && say "postgres: running on 127.0.0.1:$PG_PORT" || say "postgres: stopped"
        [ -n "$(millrace_processes)" ] || say "millrace: stopped"
}

dev_logs() {
        if [ $# -gt 0 ]; then
                [ -f "$LOGS/$1.log" ] ||
                        fail "there is no log of '$1'" \
                                "there are: $(cd "$LOGS" && ls -- *.log | sed 's/\.log//' | tr '\n' ' ')"
                exec tail -n 100 -F "$LOGS/$1.log"
        fi
        exec tail -n 20 -F "$LOGS"/*.log
}
