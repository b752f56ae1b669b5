# A private PostgreSQL cluster and nats-server under $RUN. Sourced by ./dev.

# PostgreSQL refuses root, so as root it runs as the package's user, in a folder that this user can reach.
pg_as() {
        if [ "$EUID" = 0 ]; then
                (cd / && runuser -u postgres -- "$@")
        else
                "$@"
        fi
}

pg_home() {
        if [ "$EUID" != 0 ] || [ -d "$RUN/pg" ] || pg_as test -x "$RUN" 2>/dev/null; then
                echo "$RUN/pg"
        else
                echo "/var/tmp/millrace-$(printf %s "$RUN" | cksum | cut -d' ' -f1)"
        fi
}

# A unix socket's path has at most 107 bytes.
pg_socket_folder() {
        local folder=$1/socket
        [ ${#folder} -lt 80 ] || folder=/tmp/millrace-$(printf %s "$RUN" | cksum | cut -d' ' -f1)
        echo "$folder"
}

# Of the administrator, who is no program, or of another role: pg_dsn DATABASE [ROLE]
pg_dsn() {
        local role=${2:-millrace}
        printf "host='%s' port=%s user=%s dbname=%s passfile='%s'\n" "${PG_SOCKET//[\\\']/\\&}" "$PG_PORT" "$role" "$1" \
                "${SECRETS//[\\\']/\\&}/pgpass.$role"
}

pg_sql() {
        local database=$1
        shift
        psql "$(pg_dsn "$database")" -X -q -v ON_ERROR_STOP=1 "$@"
}

random_secret() {
        od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# A role's password: pg_password ROLE
pg_password() {
        local file=$SECRETS/pgpass.$1
        [ -s "$file" ] || (umask 077 && echo "*:*:*:$1:$(random_secret)" >"$file")
        sed 's/.*://' "$file"
}

pg_make_cluster() {
        local home=$1 unsynced=''
        step "making a PostgreSQL cluster in $home"
        mkdir -p "$home"
        pg_password millrace >"$home/password"
        [ "$EUID" != 0 ] || chown -R postgres: "$home"
        [ "$PG_FSYNC" = on ] || unsynced=--no-sync
        pg_as "$PG_BIN/initdb" -D "$home/data" -U millrace --pwfile="$home/password" --auth=scram-sha-256 \
                -E UTF8 --locale=C.UTF-8 $unsynced >"$BUILD_LOGS/initdb.log" 2>&1 ||
                fail "initdb failed" "its output is in $BUILD_LOGS/initdb.log"
        rm -f "$home/password"
        pg_as tee -a "$home/data/postgresql.conf" >/dev/null <<-CONF
		listen_addresses = '127.0.0.1'
		max_connections = 200
		shared_buffers = 512MB
		max_wal_size = 4GB
		checkpoint_timeout = 15min
		wal_compression = lz4
		synchronous_commit = on
		autovacuum_naptime = 30s
		default_statistics_target = 10
	CONF
}

pg_is_running() {
        local home
        home=$(pg_home)
        [ -f "$home/data/postmaster.pid" ] && pg_as "$PG_BIN/pg_ctl" -D "$home/data" status >/dev/null 2>&1
}

pg_start() {
        local home
        home=$(pg_home)
        PG_SOCKET=$(pg_socket_folder "$home")
        [ ! -f "$SECRETS/pgpass" ] || mv "$SECRETS/pgpass" "$SECRETS/pgpass.millrace"
        [ -f "$home/data/PG_VERSION" ] || pg_make_cluster "$home"
        ! pg_is_running || return 0
        need_port "$PG_PORT" MILLRACE_PG_PORT
        step "starting PostgreSQL on 127.0.0.1:$PG_PORT"
        mkdir -p "$PG_SOCKET"
        [ "$EUID" != 0 ] || chown postgres: "$PG_SOCKET"
        pg_as "$PG_BIN/pg_ctl" -D "$home/data" -l "$home/postgres.log" -w -t 60 \
                -o "-p $PG_PORT -k '$PG_SOCKET' -c fsync=$PG_FSYNC" start >/dev/null 2>&1 ||
                fail "PostgreSQL does not start" "its log: $home/postgres.log"
}

pg_stop() {
        local home mode=${1:-fast}
        home=$(pg_home)
        [ -f "$home/data/PG_VERSION" ] || return 0
        pg_as "$PG_BIN/pg_ctl" -D "$home/data" -m "$mode" -w stop >/dev/null 2>&1 || true
}

pg_make_databases() {
        pg_sql postgres <<-SQL
		SELECT format('CREATE DATABASE %I', 'millrace_' || name) FROM regexp_split_to_table('${WITH_DATABASE# }', ' ') AS name
		 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'millrace_' || name) \gexec
	SQL
}

# The roles of a service's database, $RELAY's too where it publishes; sets the passwords of those that are named:
# pg_make_roles SERVICE ROLE...
pg_make_roles() {
        local service=$1 role
        shift
        for role in "$@"; do
                echo "ALTER ROLE $role PASSWORD '$(pg_password "$role")';"
        done | pg_sql "millrace_$service" -o /dev/null -v service="$service" ${RELAY:+-v relay="$RELAY"} \
                -f "$ROOT/deploy/roles.sql" -f -
}

# Databases, roles and tables: each service's, made by its owner, of whom the service knows nothing.
make_tables() {
        local service roles RELAY
        pg_make_databases
        for service in $WITH_DATABASE; do
                RELAY='' roles="millrace_$service millrace_${service}_owner"
                case " $PUBLISHERS " in *" $service "*) RELAY=millrace_relay ;; esac
                pg_make_roles "$service" $roles $RELAY
                "$BUILD/tools/millracectl/millracectl" migrate --service "$service" \
                        --dsn "$(pg_dsn "millrace_$service" "millrace_${service}_owner")"
                pg_make_roles "$service"
        done
}

load_demo() {
        local name sql
        for name in $WITH_DATABASE; do
                [ -f "$ROOT/$name/demo/demo.sql" ] || continue
                sql=$(cat "$ROOT/$name/demo/demo.sql")
                # What is personal is sealed with the keys of its service.
                [ ! -f "$SECRETS/$name.fields" ] ||
                        sql=$("$BUILD/tools/millracectl/millracectl" fill --keys "$SECRETS/$name.fields" <<<"$sql")
                pg_sql "millrace_$name" <<<"$sql"
        done
}

# What a prepared cluster was made from.
pg_sources() {
        (cd "$ROOT" && cat tools/dev/services.txt deploy/roles.sql */migrations/*.sql runtime/*/migrations/*.sql */demo/demo.sql \
                "$SECRETS"/pgpass.* "$SECRETS"/*.fields) 2>/dev/null | sha256sum
}

# The folder of the cluster remembers it, so that it is done once for the same sources.
pg_is_prepared() {
        [ "$(cat "$(pg_home)/prepared" 2>/dev/null)" = "$(pg_sources)" ]
}

pg_prepare() {
        ! pg_is_prepared || return 0
        step "preparing the databases"
        make_field_keys
        make_tables
        load_demo
        pg_sources >"$(pg_home)/prepared"
}

# A user's password: nats_password USER
nats_password() {
        [ -s "$SECRETS/nats.$1" ] || (umask 077 && random_secret >"$SECRETS/nats.$1")
        cat "$SECRETS/nats.$1"
}

# A user who may publish and hear only so much, beside the answers that come to its own inbox:
# nats_user NAME "PUBLISH..." "SUBSCRIBE..."
nats_user() (
        set -f
        printf '{ user: %s, password: "%s", permissions: { publish: [%s], subscribe: [%s] } }\n' "$1" \
                "$(nats_password "$1")" "$(nats_subjects $2)" "$(nats_subjects "_INBOX_$1.>" $3)"
)

# The subjects between quotes, with commas.
nats_subjects() {
        printf '"%s", ' "$@"
}

# All in one account, since JetStream is one per account; millrace is for people, no program has its password.
nats_users() {
        local api='$JS.API' relay reader name publish subscribe all_publish='' all_subscribe=''
        relay="events.> $api.STREAM.INFO.EVENTS $api.STREAM.CREATE.EVENTS $api.STREAM.UPDATE.EVENTS"
        reader="$api.STREAM.INFO.EVENTS $api.STREAM.MSG.GET.EVENTS $api.CONSUMER.INFO.EVENTS.*"
        printf '{ user: millrace, password: "%s" }\n' "$(nats_password millrace)"
        nats_user relay "$relay" ""
        for name in $(printf '%s\n' $CONSUMERS $HINTERS | sort -u); do
                publish="$api.STREAM.INFO.EVENTS" subscribe=''
                case " $CONSUMERS " in *" $name "*)
                        publish+=" $api.STREAM.MSG.GET.EVENTS $api.CONSUMER.INFO.EVENTS.$name
                                $api.CONSUMER.DURABLE.CREATE.EVENTS.$name \$JS.ACK.EVENTS.$name.>"
                        subscribe+=" deliver.EVENTS.$name"
                        ;;
                esac
                case " $HINTERS " in *" $name "*)
                        publish+=" hints.$name" subscribe+=" hints.$name"
                        ;;
                esac
                nats_user "$name" "$publish" "$subscribe"
                all_publish+=" $publish" all_subscribe+=" $subscribe"
        done
        nats_user standalone "$relay $all_publish" "$all_subscribe"
        nats_user reader "$reader" "events.>"
}

nats_configure() {
        (umask 077 && cat >"$RUN/nats.conf") <<-CONF
		listen: "127.0.0.1:$NATS_PORT"
		max_payload: 1MB
		jetstream { store_dir: "$RUN/nats", max_memory_store: 64MB, max_file_store: 16GB }
		accounts { MILLRACE { jetstream: enabled, users: [
		$(nats_users)
		] } }
	CONF
}

nats_start() {
        is_running nats && return 0
        need_port "$NATS_PORT" MILLRACE_NATS_PORT
        step "starting NATS on 127.0.0.1:$NATS_PORT"
        nats_configure
        launch nats nats-server -c "$RUN/nats.conf"
        wait_for 10 "NATS" port_is_open "$NATS_PORT"
}

servers_fresh() {
        pg_stop immediate
        halt nats 5
        rm -rf "$(pg_home)" "$RUN/nats" "$USER_KEYS"/*.json
}
