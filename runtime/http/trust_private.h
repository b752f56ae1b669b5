/*
 * The proxies in front that are trusted, and whom they name in X-Forwarded-For: a proxy writes behind what it
 * got the address that it got it from. So the list is read from its end, as long as who wrote it is trusted.
 */
#pragma once

#include "base/arena.h"
#include "http/address.h"
#include "http/server.h"

typedef struct Trust Trust;

/* The other end of a connection. */
typedef struct Peer {
        Address address;
        bool is_trusted; /* it is a proxy in front of us */
} Peer;

/*
 * Lives in arena. NULL when the list is none.
 *
 * list       addresses, and networks like 10.0.0.0/8 without a bit behind their prefix, separated by
 *            commas and blanks; NULL or "": nobody
 */
const Trust *http_trust_new(Arena *arena, const char *list);

/* The other end of a connected socket of IPv4 or IPv6. */
Peer http_trust_peer(const Trust *trust, const struct sockaddr *socket);

/*
 * Who asks: the first from the end of the request's X-Forwarded-For who is not trusted himself; the peer,
 * when it is not. Where a trusted one names nobody, or what is no address, it is that trusted one.
 */
Address http_trust_client(const Trust *trust, const Peer *peer, const HttpRequest *request);
