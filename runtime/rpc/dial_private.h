/*
 * Whether a server that speaks HTTP/2 takes new connections. One that uses up its descriptors may never
 * accept again (gRPC core 1.51 does not), while those that it has go on: only a new connection shows it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * True when somebody there greets a connection that is opened now; waits at most twice timeout_ms.
 *
 * address    "127.0.0.1", or a socket's "unix:/run/millrace/order", for which port means nothing
 */
bool rpc_dial(const char *address, uint16_t port, int64_t timeout_ms);
