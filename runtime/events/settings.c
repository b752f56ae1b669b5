#include "events/settings.h"

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(EventSettings, ack_wait_ms, "MILLRACE_EVENTS_ACK_WAIT_MS", "10000", "ms", 100, 600000,
                      "After this an event that a process took and did not acknowledge is given to another"),
        CONFIG_NUMBER(EventSettings, inbox_hours, "MILLRACE_INBOX_HOURS", "720", "hours", 1, 24 * 3650,
                      "How long a consumer's inbox remembers an aggregate that nothing happens to; more than"
                      " stream and outbox keep events"),
};

const ConfigTable event_config_table = CONFIG_TABLE(EventSettings, variables);
