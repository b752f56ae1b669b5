/* IP addresses as they are compared: one that can be written in several ways has one form. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* IPv4 as ::ffff:a.b.c.d. */
typedef struct Address {
        uint8_t bytes[16];
} Address;

/* Of a socket of IPv4 or IPv6. */
Address http_address_of(const struct sockaddr *peer);

/* False when the n_bytes of text are neither an IPv4 nor an IPv6 address. */
bool http_address_read(const char *text, size_t n_bytes, Address *ret_address);

/* As people write it: "192.0.2.1" also for ::ffff:192.0.2.1. */
void http_address_write(const Address *address, char ret_text[INET6_ADDRSTRLEN]);

bool http_address_is_ipv4(const Address *address);
bool http_address_equal(const Address *a, const Address *b);

/* What one host is given: the address of IPv4 itself, the /64 of IPv6. */
Address http_address_network(const Address *address);
