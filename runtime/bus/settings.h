/* The environment's variables for the connection to NATS: one table for every program that has a bus. */
#pragma once

#include "app/config.h"
#include "bus/bus.h"

#define BUS_N_VARIABLES 5

/*
 * Writes the BUS_N_VARIABLES variables, which fill in config, into a program's table.
 *
 * name       of the client, for the server's list: "millrace-warehouse"
 */
void bus_config_variables(BusConfig *config, const char *name, ConfigVariable *ret_variables);
