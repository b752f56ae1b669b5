#include "bus/settings.h"

#include <assert.h>
#include <string.h>

void bus_config_variables(BusConfig *config, const char *name, ConfigVariable *ret_variables) {
        const ConfigVariable bound[] = {
                { "MILLRACE_NATS_URL", CONFIG_TEXT, &config->url, "nats://127.0.0.1:4222", NULL,
                  "NATS servers, separated by commas" },
                { "MILLRACE_NATS_USER", CONFIG_TEXT, &config->user, "millrace", NULL, "User at NATS" },
                { "MILLRACE_NATS_PASSWORD_FILE", CONFIG_TEXT, &config->password_file, NULL, NULL,
                  "File with the password at NATS, read for each connection" },
                { "MILLRACE_NATS_MAX_BYTES", CONFIG_INT64, &config->stream_max_bytes, "10737418240", "bytes",
                  "Size of the event stream, oldest events go first", 1 << 20, INT64_MAX },
                { "MILLRACE_NATS_RETENTION_HOURS", CONFIG_INT64, &config->retention_hours, "168", "hours",
                  "How long the event stream keeps events, if its size allows", 1, 24 * 365 },
        };

        static_assert(sizeof(bound) == BUS_N_VARIABLES * sizeof(ConfigVariable), "a variable more or less");
        memcpy(ret_variables, bound, sizeof(bound));
        config->name = name;
}
