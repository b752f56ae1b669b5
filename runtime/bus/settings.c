#include "bus/settings.h"

static const ConfigVariable variables[] = {
        CONFIG_TEXT(BusConfig, url, "MILLRACE_NATS_URL", "nats://127.0.0.1:4222",
                    "NATS servers, separated by commas"),
        CONFIG_TEXT(BusConfig, user, "MILLRACE_NATS_USER", "millrace", "User at NATS"),
        CONFIG_TEXT(BusConfig, password_file, "MILLRACE_NATS_PASSWORD_FILE", NULL,
                    "File with the password at NATS, read for each connection"),
        CONFIG_NUMBER(BusConfig, stream_max_bytes, "MILLRACE_NATS_MAX_BYTES", "10737418240", "bytes", 1 << 20,
                      INT64_MAX, "Size of the event stream, oldest events go first"),
        CONFIG_NUMBER(BusConfig, retention_hours, "MILLRACE_NATS_RETENTION_HOURS", "168", "hours", 1,
                      24 * 365, "How long the event stream keeps events, if its size allows"),
};

const ConfigTable bus_config_table = CONFIG_TABLE(BusConfig, variables);
