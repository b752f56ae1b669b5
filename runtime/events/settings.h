/* How all consumers of a process take events. */
#pragma once

#include "base/config.h"

typedef struct EventSettings {
        int64_t ack_wait_ms; /* after which an event that was not acknowledged comes again */
        int64_t inbox_hours; /* how long the inbox remembers an aggregate that nothing happens to */
} EventSettings;

extern const ConfigTable event_config_table;
