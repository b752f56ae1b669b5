#include "http/trust_private.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

#define ADDRESS_BITS 128
#define IPV4_BITS 32
#define BLANKS " \t"

typedef struct Network {
        Address first;
        size_t n_bits;
} Network;

struct Trust {
        Network *networks;
        size_t n;
};

/* ---- the list ---- */

/* A network of IPv6 holds no address of IPv4, however short its prefix is. */
static bool network_has(const Network *network, const Address *address) {
        size_t n_bytes = network->n_bits / 8, n_rest = network->n_bits % 8;

        if (http_address_is_ipv4(address) != http_address_is_ipv4(&network->first))
                return false;
        if (memcmp(address->bytes, network->first.bytes, n_bytes) != 0)
                return false;
        return n_rest == 0 || (address->bytes[n_bytes] ^ network->first.bytes[n_bytes]) >> (8 - n_rest) == 0;
}

static bool ends_with_its_prefix(const Network *network) {
        for (size_t bit = network->n_bits; bit < ADDRESS_BITS; bit++)
                if (network->first.bytes[bit / 8] & 0x80 >> bit % 8)
                        return false;
        return true;
}

/* The digits behind the slash. */
static bool read_prefix(const char *text, size_t n_bytes, size_t longest, size_t *ret_n_bits) {
        size_t n_bits = 0;

        if (n_bytes == 0 || n_bytes > 3 || strspn(text, "0123456789") < n_bytes)
                return false;
        for (size_t i = 0; i < n_bytes; i++)
                n_bits = n_bits * 10 + (size_t) (text[i] - '0');
        *ret_n_bits = n_bits;
        return n_bits <= longest;
}

static bool read_network(const char *text, size_t n_bytes, Network *ret_network) {
        const char *slash = memchr(text, '/', n_bytes);
        size_t n_address_bytes = slash ? (size_t) (slash - text) : n_bytes;
        size_t longest;

        if (!http_address_read(text, n_address_bytes, &ret_network->first))
                return false;
        longest = memchr(text, ':', n_address_bytes) ? ADDRESS_BITS : IPV4_BITS;
        ret_network->n_bits = longest;
        if (slash && !read_prefix(slash + 1, n_bytes - n_address_bytes - 1, longest, &ret_network->n_bits))
                return false;
        ret_network->n_bits += ADDRESS_BITS - longest;
        return ends_with_its_prefix(ret_network);
}

const Trust *http_trust_new(Arena *arena, const char *list) {
        Trust *trust = ARENA_NEW(arena, Trust);

        list = str_or_empty(list);
        trust->networks = ARENA_ARRAY(arena, Network, strlen(list) / 2 + 1);
        while (*list) {
                size_t n = strcspn(list, "," BLANKS);

                if (n > 0 && !read_network(list, n, &trust->networks[trust->n++]))
                        return NULL;
                list += n + (list[n] != '\0');
        }
        return trust;
}

static bool is_trusted(const Trust *trust, const Address *address) {
        for (size_t i = 0; i < trust->n; i++)
                if (network_has(&trust->networks[i], address))
                        return true;
        return false;
}

Peer http_trust_peer(const Trust *trust, const struct sockaddr *socket) {
        Address address = http_address_of(socket);

        return (Peer) { address, is_trusted(trust, &address) };
}

/* ---- whom they name ---- */

/* The values of all X-Forwarded-For, from the end: of the last header first. */
typedef struct Forwarded {
        const HttpRequest *request;
        size_t n_headers;  /* not begun yet */
        const char *value; /* of the one that is read; NULL: none */
        size_t n_bytes;    /* of it that are left */
} Forwarded;

static bool next_header(Forwarded *forwarded) {
        while (forwarded->n_headers > 0) {
                const HttpPair *header = &forwarded->request->headers[--forwarded->n_headers];

                if (strcasecmp(header->name, "X-Forwarded-For") != 0)
                        continue;
                forwarded->value = header->value;
                forwarded->n_bytes = strlen(header->value);
                return true;
        }
        return false;
}

/* What stands behind the last comma that is left; false when nothing is left. */
static bool next_word(Forwarded *forwarded, const char **ret_word, size_t *ret_n_bytes) {
        if (!forwarded->value && !next_header(forwarded))
                return false;
        const char *value = forwarded->value;
        size_t end = forwarded->n_bytes, begin = end;

        while (begin > 0 && value[begin - 1] != ',')
                begin--;
        if (begin > 0)
                forwarded->n_bytes = begin - 1;
        else
                forwarded->value = NULL;
        *ret_word = value + begin;
        *ret_n_bytes = end - begin;
        return true;
}

static size_t trim(const char **word, size_t n_bytes) {
        while (n_bytes > 0 && strchr(BLANKS, **word)) {
                (*word)++;
                n_bytes--;
        }
        while (n_bytes > 0 && strchr(BLANKS, (*word)[n_bytes - 1]))
                n_bytes--;
        return n_bytes;
}

static bool is_port(const char *text, size_t n_bytes) {
        return n_bytes > 1 && *text == ':' && strspn(text + 1, "0123456789") >= n_bytes - 1;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80" */
static bool read_named(const char *word, size_t n_bytes, Address *ret_address) {
        const char *end;

        n_bytes = trim(&word, n_bytes);
        if (http_address_read(word, n_bytes, ret_address))
                return true;
        if (n_bytes > 0 && *word == '[') {
                end = memchr(word, ']', n_bytes);
                if (!end || !memchr(word, ':', (size_t) (end - word)))
                        return false;
                size_t n_rest = n_bytes - (size_t) (end + 1 - word);
                return (n_rest == 0 || is_port(end + 1, n_rest)) &&
                       http_address_read(word + 1, (size_t) (end - word) - 1, ret_address);
        }
        end = memchr(word, ':', n_bytes);
        return end && is_port(end, n_bytes - (size_t) (end - word)) &&
               http_address_read(word, (size_t) (end - word), ret_address);
}

Address http_trust_client(const Trust *trust, const Peer *peer, const HttpRequest *request) {
        Forwarded forwarded = { .request = request, .n_headers = request->n_headers };
        Address client = peer->address;
        const char *word;
        size_t n_bytes;

        while (is_trusted(trust, &client) && next_word(&forwarded, &word, &n_bytes))
                if (!read_named(word, n_bytes, &client))
                        break;
        return client;
}
