#!/bin/sh
# Turns SQL files into a C table of migrations, so that a binary carries its own schema.
#
#   embed_sql.sh NAME OUT.c OUT.h FILE.sql...
#
# defines `const PgSchema NAME_schema`, with the files in their order.
set -eu

name=$1 source=$2 header=$3
shift 3

cat > "$header" <<END
/* Generated from the SQL files of ${name}. */
#pragma once

#include <stddef.h>

#include "pg/migrate.h"

extern const PgSchema ${name}_schema;
END

{
        printf '#include "%s"\n\nstatic const PgMigration migrations[] = {\n' "$(basename "$header")"
        for file in "$@"; do
                printf '        { .name = "%s", .sql =\n' "$(basename "$file")"
                sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/                "/' -e 's/$/\\n"/' "$file"
                printf '        },\n'
        done
        printf '};\n\nconst PgSchema %s_schema = { .name = "%s", .migrations = migrations, .n = %d };\n' "$name" "$name" "$#"
} > "$source"
