/* The unix datagram socket where services say that they committed an event: a datagram rings the doorbell. */
#pragma once

#include "base/error.h"
#include "server/doorbell.h"

typedef struct HintSocket HintSocket;

/*
 * Takes the path over from a relay that died; it must be this process's own.
 *
 * errors     internal when the socket cannot be made
 */
const Error *relay_hint_socket_open(Arena *arena, const char *path, Doorbell *doorbell,
                                    HintSocket **ret_socket) MUST_CHECK;
void relay_hint_socket_close(HintSocket *socket); /* removes the path; accepts NULL */
