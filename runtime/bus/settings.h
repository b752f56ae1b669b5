/* The environment's variables for the connection to NATS. */
#pragma once

#include "base/config.h"
#include "bus/bus.h"

/* Fills in a BusConfig, but for its name and keeps_stream. */
extern const ConfigTable bus_config_table;
