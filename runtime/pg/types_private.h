/* The types of PostgreSQL that are spoken here, by the numbers of its catalog (pg_type.dat). */
#pragma once

#include <stdint.h>

enum {
        PG_OID_BOOL = 16,
        PG_OID_BYTEA = 17,
        PG_OID_NAME = 19,
        PG_OID_INT8 = 20,
        PG_OID_INT2 = 21,
        PG_OID_INT4 = 23,
        PG_OID_TEXT = 25,
        PG_OID_JSON = 114,
        PG_OID_BOOL_ARRAY = 1000,
        PG_OID_BYTEA_ARRAY = 1001,
        PG_OID_TEXT_ARRAY = 1009,
        PG_OID_INT8_ARRAY = 1016,
        PG_OID_VARCHAR = 1043,
        PG_OID_TIMESTAMPTZ = 1184,
        PG_OID_TIMESTAMPTZ_ARRAY = 1185,
        PG_OID_UUID = 2950,
        PG_OID_UUID_ARRAY = 2951,
        PG_OID_JSONB = 3802,
        PG_OID_JSONB_ARRAY = 3807,
};

/* 2000-01-01, where PostgreSQL counts from, in microseconds since 1970. */
#define PG_EPOCH_US INT64_C(946684800000000)
