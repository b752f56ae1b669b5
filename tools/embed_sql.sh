#!/bin/sh
# Turns SQL files into a C table of migrations, so that a binary carries its own schema.
#
#   embed_sql.sh NAME OUT.c OUT.h FILE.sql...
#
# defines `const PgMigration NAME_migrations[]` and `const size_t NAME_n_migrations`, in the files' order.
set -eu

name=$1 source=$2 header=$3
shift 3

cat > "$header" <<END
/* Generated from the SQL files of ${name}. */
#pragma once

#include <stddef.h>

#include "pg/migrate.h"

extern const PgMigration ${name}_migrations[];
extern const size_t ${name}_n_migrations;
END

{
        printf '#include "%s"\n\nconst PgMigration %s_migrations[] = {\n' "$(basename "$header")" "$name"
        for file in "$@"; do
                printf '        { .name = "%s", .sql =\n' "$(basename "$file")"
                sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/                "/' -e 's/$/\\n"/' "$file"
                printf '        },\n'
        done
        printf '};\n\nconst size_t %s_n_migrations = %d;\n' "$name" "$#"
} > "$source"
