#include "data/profile_rows.h"

#include <stddef.h>
#include <string.h>

#include "base/word.h"
#include "pg/reader.h"

static const struct {
        const char *column;
        size_t offset;
} sealed_of_address[ADDRESS_N_SEALED] = {
        { "line1", offsetof(CustomerAddress, line1) },
        { "line2", offsetof(CustomerAddress, line2) },
        { "city", offsetof(CustomerAddress, city) },
        { "state", offsetof(CustomerAddress, state) },
        { "postal_code", offsetof(CustomerAddress, postal_code) },
        { "country", offsetof(CustomerAddress, country) },
        { "contact_name", offsetof(CustomerAddress, contact_name) },
        { "contact_phone", offsetof(CustomerAddress, contact_phone) },
};

/* An id of a row is one of its customer's: another customer may have the same. */
static SealedPlace place_in(Arena *arena, const char *table, const char *column, const char *customer_id,
                            const char *id) {
        return (SealedPlace) { table, column, arena_printf(arena, "%s/%s", customer_id, id) };
}

void customer_seal_address(const Keyring *ring, Arena *arena, const char *customer_id,
                           const CustomerAddress *address, PgArg ret_args[ADDRESS_N_SEALED]) {
        for (size_t i = 0; i < ADDRESS_N_SEALED; i++) {
                const char *const *text =
                        (const char *const *) ((const char *) address + sealed_of_address[i].offset);
                const SealedPlace place =
                        place_in(arena, "addresses", sealed_of_address[i].column, customer_id, address->id);

                ret_args[i] = pg_bytes(crypt_seal(ring, arena, &place, *text));
        }
}

PgArg customer_seal_token(const Keyring *ring, Arena *arena, const char *customer_id,
                          const PaymentMethod *method) {
        const SealedPlace place = place_in(arena, "payment_methods", "token", customer_id, method->id);

        return pg_bytes(crypt_seal(ring, arena, &place, method->token));
}

/* ---- read ---- */

/* NULL is none. */
static const Error *read_tier(Arena *arena, const char *word, Tier *ret_tier) {
        Tier tier = word ? customer_tier_of(word) : TIER_NONE;

        if (word && tier == TIER_NONE)
                return word_unknown(arena, "customers.tier_granted", word);
        *ret_tier = tier;
        return NULL;
}

/* Words with a blank between them. */
static void read_segments(Arena *arena, const char *words, Standing *standing) {
        const char **segments = ARENA_ARRAY(arena, const char *, strlen(words) / 2 + 1);
        char *rest;

        for (char *word = strtok_r(arena_strdup(arena, words), " ", &rest); word;
             word = strtok_r(NULL, " ", &rest))
                segments[standing->n_segments++] = word;
        standing->segments = segments;
}

static const Error *read_standing(Arena *arena, PgReader *at, Profile *profile) {
        Standing *standing = &profile->standing;

        standing->is_active = pg_next_bool(at);
        TRY(read_tier(arena, pg_next_text_or_null(at), &profile->tier));
        profile->tier_discount_bp = pg_next_int64_or_zero(at);
        profile->tier_ships_free = pg_next_bool(at);
        profile->points = pg_next_int64(at);
        TRY(read_tier(arena, pg_next_text_or_null(at), &standing->tier));
        standing->has_tier_until = standing->tier != TIER_NONE;
        standing->tier_until_us = pg_next_time_or_zero(at);
        read_segments(arena, pg_next_text(at), standing);
        standing->has_credit_limit = pg_next_bool(at);
        standing->credit_limit_minor = pg_next_int64_or_zero(at);
        return NULL;
}

const Error *customer_read_profile(const Keyring *ring, Arena *arena, const PgRows *rows, Profile *profile) {
        PgReader at = pg_reader(rows, 0);

        profile->customer_id = pg_next_text(&at);
        const char *account_id = pg_next_text(&at);
        Bytes email = pg_next_bytes_or_none(&at), name = pg_next_bytes_or_none(&at);
        Bytes phone = pg_next_bytes_or_none(&at);
        profile->created_at_us = pg_next_time(&at);
        profile->version = pg_next_int64(&at);
        TRY(read_standing(arena, &at, profile));
        profile->preferences.notifications = pg_next_bool(&at);
        profile->preferences.marketing = pg_next_bool(&at);
        profile->preferences.review_requests = pg_next_bool(&at);
        TRY(pg_reader_end(&at));
        TRY(crypt_open(ring, arena, &(SealedPlace) { "accounts", "email", account_id }, email,
                       &profile->email));
        TRY(crypt_open(ring, arena, &(SealedPlace) { "customers", "name", profile->customer_id }, name,
                       &profile->name));
        return crypt_open(ring, arena, &(SealedPlace) { "customers", "phone", profile->customer_id }, phone,
                          &profile->phone);
}

static const Error *read_address(const Keyring *ring, Arena *arena, const PgRows *rows, size_t row,
                                 const char *customer_id, CustomerAddress *address) {
        PgReader at = pg_reader(rows, row);
        Bytes sealed[ADDRESS_N_SEALED];

        address->id = pg_next_text(&at);
        address->type = pg_next_text(&at);
        address->is_default = pg_next_bool(&at);
        for (size_t i = 0; i < ADDRESS_N_SEALED; i++)
                sealed[i] = pg_next_bytes_or_none(&at);
        TRY(pg_reader_end(&at));
        for (size_t i = 0; i < ADDRESS_N_SEALED; i++) {
                const char **text = (const char **) ((char *) address + sealed_of_address[i].offset);
                const SealedPlace place =
                        place_in(arena, "addresses", sealed_of_address[i].column, customer_id, address->id);

                TRY(crypt_open(ring, arena, &place, sealed[i], text));
        }
        return NULL;
}

const Error *customer_read_addresses(const Keyring *ring, Arena *arena, const PgRows *rows,
                                     Profile *profile) {
        size_t n = pg_rows_count(rows);
        CustomerAddress *addresses = ARENA_ARRAY(arena, CustomerAddress, n);

        for (size_t i = 0; i < n; i++)
                TRY(read_address(ring, arena, rows, i, profile->customer_id, &addresses[i]));
        profile->addresses = addresses;
        profile->n_addresses = n;
        return NULL;
}

static const Error *read_method(const Keyring *ring, Arena *arena, const PgRows *rows, size_t row,
                                const char *customer_id, PaymentMethod *method) {
        PgReader at = pg_reader(rows, row);

        method->id = pg_next_text(&at);
        method->type = pg_next_text(&at);
        Bytes token = pg_next_bytes_or_none(&at);
        method->brand = pg_next_text(&at);
        method->last4 = pg_next_text_or_null(&at);
        method->is_default = pg_next_bool(&at);
        TRY(pg_reader_end(&at));
        const SealedPlace place = place_in(arena, "payment_methods", "token", customer_id, method->id);
        return crypt_open(ring, arena, &place, token, &method->token);
}

const Error *customer_read_methods(const Keyring *ring, Arena *arena, const PgRows *rows, Profile *profile) {
        size_t n = pg_rows_count(rows);
        PaymentMethod *methods = ARENA_ARRAY(arena, PaymentMethod, n);

        for (size_t i = 0; i < n; i++)
                TRY(read_method(ring, arena, rows, i, profile->customer_id, &methods[i]));
        profile->methods = methods;
        profile->n_methods = n;
        return NULL;
}
