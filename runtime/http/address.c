#include "http/address.h"

#include <arpa/inet.h>
#include <string.h>

#define MAPPED_BYTES 12 /* before an address of IPv4 */
#define NETWORK_BYTES 8

static const Address mapped = { { [10] = 0xFF, [11] = 0xFF } };

static Address of_ipv4(const void *bytes) {
        Address address = mapped;

        memcpy(address.bytes + MAPPED_BYTES, bytes, sizeof(struct in_addr));
        return address;
}

static Address of_ipv6(const void *bytes) {
        Address address;

        memcpy(address.bytes, bytes, sizeof(address.bytes));
        return address;
}

Address http_address_of(const struct sockaddr *peer) {
        return peer->sa_family == AF_INET6 ? of_ipv6(&((const struct sockaddr_in6 *) peer)->sin6_addr)
                                           : of_ipv4(&((const struct sockaddr_in *) peer)->sin_addr);
}

bool http_address_read(const char *text, size_t n_bytes, Address *ret_address) {
        char copy[INET6_ADDRSTRLEN] = "", binary[sizeof(struct in6_addr)];

        if (n_bytes >= sizeof(copy))
                return false;
        memcpy(copy, text, n_bytes);
        if (inet_pton(AF_INET, copy, binary) == 1)
                *ret_address = of_ipv4(binary);
        else if (inet_pton(AF_INET6, copy, binary) == 1)
                *ret_address = of_ipv6(binary);
        else
                return false;
        return true;
}

void http_address_write(const Address *address, char ret_text[INET6_ADDRSTRLEN]) {
        bool is_ipv4 = http_address_is_ipv4(address);

        inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address->bytes + (is_ipv4 ? MAPPED_BYTES : 0), ret_text,
                  INET6_ADDRSTRLEN);
}

bool http_address_is_ipv4(const Address *address) {
        return memcmp(address->bytes, mapped.bytes, MAPPED_BYTES) == 0;
}

bool http_address_equal(const Address *a, const Address *b) {
        return memcmp(a, b, sizeof(Address)) == 0;
}

Address http_address_network(const Address *address) {
        Address network = *address;

        if (!http_address_is_ipv4(address))
                memset(network.bytes + NETWORK_BYTES, 0, sizeof(network.bytes) - NETWORK_BYTES);
        return network;
}
