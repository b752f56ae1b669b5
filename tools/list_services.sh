#!/bin/sh
# Lists the services of the protos whose RPCs have REST routes, so that nobody has to.
#
#   list_services.sh ROOT OUT.c OUT.h ROOT/FILE.proto...
#
# defines `const RpcService *const protos_services[]`, NULL-terminated, in the files' order.
set -eu

root=$1 source=$2 header=$3
shift 3

cat > "$header" <<END
/* Generated from the protos. */
#pragma once

#include "rpc/method.h"

/* Every service that has REST routes; NULL-terminated. */
extern const RpcService *const protos_services[];
END

# "OrderService" is order_service_rpc.
services_of() {
        sed -n 's/^service \([A-Za-z0-9]*\) {.*/\1/p' "$1" |
                sed -e 's/\([a-z0-9]\)\([A-Z]\)/\1_\2/g' | tr '[:upper:]' '[:lower:]'
}

with_routes() {
        for file in "$@"; do
                ! grep -q 'google\.api\.http' "$file" || echo "$file"
        done
}

{
        printf '#include "services.h"\n\n'
        for file in $(with_routes "$@"); do
                path=$(realpath "$file")
                name=${path#"$root"/}
                printf '#include "%s.rpc.h"\n' "${name%.proto}"
        done
        printf '\nconst RpcService *const protos_services[] = {\n'
        for file in $(with_routes "$@"); do
                for service in $(services_of "$file"); do
                        printf '        &%s_rpc,\n' "$service"
                done
        done
        printf '        NULL,\n};\n'
} > "$source"
