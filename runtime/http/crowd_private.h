/*
 * How many connections there are, in all and from each address, and which of them may come in. An IPv6
 * address is counted by its /64, since that is what one host is given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/trust_private.h"

typedef struct CrowdLimits {
        size_t n_all;
        size_t n_per_address;
        size_t n_reserved; /* beyond these, for vital requests */
} CrowdLimits;

typedef struct Crowd Crowd;
typedef struct CrowdAddress CrowdAddress;

typedef enum CrowdPlace { CROWD_ORDINARY, CROWD_RESERVED, CROWD_FULL } CrowdPlace;

/* The place of one connection. */
typedef struct CrowdTicket {
        CrowdPlace place;
        CrowdAddress *address; /* NULL: not counted by address */
} CrowdTicket;

Crowd *http_crowd_new(const CrowdLimits *limits);
void http_crowd_free(Crowd *crowd); /* accepts NULL */

/*
 * Gives a place to whoever comes; from any thread. Not CROWD_FULL: http_crowd_leave gives it back. A trusted
 * proxy is not counted by its address, since its connections are many clients'.
 */
CrowdTicket http_crowd_enter(Crowd *crowd, const Peer *peer);
void http_crowd_leave(Crowd *crowd, CrowdTicket ticket);
