/* libpq, without its old integer type, whose name is that of a parameter here. */
#pragma once

#define pg_int64 libpq_int64
#include <libpq-fe.h>
#undef pg_int64
