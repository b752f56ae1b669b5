# Settings and words that every part of ./dev shares. Sourced, not run.

RUN=$(realpath -m "${MILLRACE_RUN:-$ROOT/.run}")
BUILD=$(realpath -m "${MILLRACE_BUILD:-$ROOT/build}")
LOGS=$RUN/logs
BUILD_LOGS=$LOGS/build
PIDS=$RUN/pids
SECRETS=$RUN/secrets
USER_KEYS=$RUN/keys

# Logs and folders are not for everybody on the machine.
umask 027

# Below the range from which the kernel takes the ports of outgoing connections.
PG_PORT=${MILLRACE_PG_PORT:-15432}
NATS_PORT=${MILLRACE_NATS_PORT:-14222}
HTTP_PORT=${MILLRACE_HTTP_PORT:-8080}
# The first of one for each process of a split installation that has no REST.
METRICS_PORT=${MILLRACE_FIRST_METRICS_PORT:-8101}

# off: what it writes outlives its own death, but not that of the machine. For tests.
PG_FSYNC=${MILLRACE_PG_FSYNC:-on}
PG_BIN=/usr/lib/postgresql/15/bin
# Its psql itself: the one in /usr/bin is a Perl script that takes longer to find it than a query takes.
PATH=$PG_BIN:$PATH

# The services of services.txt. Those that serve gRPC have a database each.
SERVICES='' WITH_DATABASE='' PUBLISHERS='' CONSUMERS='' HINTERS='' CALLERS=''
declare -A GRPC_PORT

read_services() {
        local name port events calls variable
        while read -r name port events calls; do
                SERVICES+=" $name"
                case ,$events, in *,publishes,*) PUBLISHERS+=" $name" ;; esac
                case ,$events, in *,consumes,*) CONSUMERS+=" $name" ;; esac
                case ,$events, in *,hints,*) HINTERS+=" $name" ;; esac
                [ "$calls" = - ] || CALLERS+=" $name"
                [ "$port" != - ] || continue
                WITH_DATABASE+=" $name"
                variable=MILLRACE_${name^^}_PORT
                GRPC_PORT[$name]=${!variable:-$port}
        done < <(grep -v '^#' "$ROOT/tools/dev/services.txt")
}

read_services

# What up was started with, so that another shell finds what runs; the file is there as long as it runs.
STARTED=$RUN/started
MODE=''

remember() {
        local name
        {
                for name in MODE BUILD PG_PORT NATS_PORT HTTP_PORT METRICS_PORT; do
                        printf '%s=%q\n' "$name" "${!name}"
                done
                for name in $WITH_DATABASE; do
                        printf 'GRPC_PORT[%s]=%q\n' "$name" "${GRPC_PORT[$name]}"
                done
        } >"$STARTED"
}

# Of what ended without ./dev, as with its machine, nothing is recalled.
recall() {
        local file
        [ -f "$STARTED" ] || return 0
        for file in "$PIDS"/*; do
                is_running "${file##*/}" || continue
                # shellcheck disable=SC1090
                . "$STARTED"
                return 0
        done
}

say() {
        printf '%s\n' "$*"
}

step() {
        printf '== %s\n' "$*"
}

# Says what was tried and what to do, then gives up.
fail() {
        printf 'dev: %s\n' "$1" >&2
        shift
        for line in "$@"; do
                printf '     %s\n' "$line" >&2
        done
        exit 1
}

# Waits until a command succeeds: wait_for SECONDS WHAT COMMAND...
wait_for() {
        local seconds=$1 what=$2 end
        shift 2
        end=$((SECONDS + seconds))
        until "$@" >/dev/null 2>&1; do
                [ $SECONDS -lt $end ] || fail "waited $seconds s in vain for $what" "tried: $*" "logs: $LOGS"
                sleep 0.1
        done
}

port_is_open() {
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Refuses a port that another process has: need_port PORT VARIABLE
need_port() {
        port_is_open "$1" || return 0
        fail "port $1 is taken by another process" "choose another one: $2=PORT ./dev ..."
}

# When a process began, in ticks since the machine did, into BEGAN; numbers of ended processes are used again. One that ended but
# was not waited for yet is not alive: find_beginning PID
find_beginning() {
        local stat
        BEGAN=''
        { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
        # shellcheck disable=SC2086
        set -- ${stat##*) }
        case $1 in [ZX]) return 1 ;; esac
        BEGAN=${20}
}

pid_of() {
        local pid began
        read -r pid began <"$PIDS/$1" && echo "$pid"
}

# The process that was launched by a name is alive: is_running NAME
is_running() {
        local pid began
        [ -f "$PIDS/$1" ] && read -r pid began <"$PIDS/$1" && find_beginning "$pid" && [ "$BEGAN" = "$began" ]
}

# How large a log was when its process was launched by this ./dev; what lies before is of an earlier run.
declare -A LOG_BEGAN

# Starts a process of its own session, with its log and pid file: launch NAME COMMAND... . Tests put a command
# before it that leads its connections through links of theirs: MILLRACE_LAUNCHER.
launch() {
        local name=$1
        shift
        LOG_BEGAN[$name]=$(stat -c %s "$LOGS/$name.log" 2>/dev/null || echo 0)
        setsid ${MILLRACE_LAUNCHER:-} "$@" >>"$LOGS/$name.log" 2>&1 </dev/null &
        find_beginning $! || true
        echo "$! $BEGAN" >"$PIDS/$name"
}

# The last lines that a process wrote since it was launched: last_words NAME
last_words() {
        tail -c "+$((${LOG_BEGAN[$1]:-0} + 1))" "$LOGS/$1.log" | tail -n 5
}

# Asks a process to end, and kills it when it has not after SECONDS: halt NAME SECONDS
halt() {
        local pid end
        is_running "$1" || { rm -f "$PIDS/$1"; return 0; }
        pid=$(pid_of "$1")
        kill -TERM "$pid"
        end=$((SECONDS + $2))
        while is_running "$1"; do
                if [ $SECONDS -ge $end ]; then
                        kill -KILL "$pid"
                        break
                fi
                sleep 0.05
        done
        rm -f "$PIDS/$1"
}
