#include "data/profile_repo.h"

#include "data/profile_rows.h"

typedef struct PgProfileRepo {
        ProfileRepo base;
        PgPool *pool;
        const Keyring *ring;
} PgProfileRepo;

static const Keyring *ring_of(ProfileRepo *self) {
        return ((PgProfileRepo *) self)->ring;
}

/* ---- found ---- */

static const PgStatement sql_profile = PG_READ(
        "SELECT c.customer_id, a.account_id, a.email, c.name, c.phone, c.created_at, c.version, a.active,"
        "       t.tier::text, b.discount_bp, coalesce(b.free_shipping, false), points_of(customer_id),"
        "       c.tier_granted::text, c.tier_until, array_to_string(c.segments, ' '),"
        "       c.credit_limit_minor IS NOT NULL, c.credit_limit_minor, c.notifications, c.marketing,"
        "       c.review_requests"
        "  FROM customers c JOIN accounts a USING (customer_id)"
        " CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN c.tier_until > now() THEN c.tier_granted END,"
        "                                     'bronze') AS tier) t"
        "  LEFT JOIN tier_benefits b ON b.tier = t.tier"
        " WHERE customer_id = $1");

static const PgStatement sql_addresses = PG_READ(
        "SELECT address_id, type, is_default, line1, line2, city, state, postal_code, country, contact_name,"
        "       contact_phone"
        "  FROM addresses WHERE customer_id = $1 ORDER BY address_id");

static const PgStatement sql_methods = PG_READ(
        "SELECT method_id, type, token, brand, last4, is_default"
        "  FROM payment_methods WHERE customer_id = $1 ORDER BY method_id");

static const Error *find(ProfileRepo *self, Ctx *ctx, const char *customer_id, const Profile **ret_profile) {
        PgBatch *batch = pg_batch_new(((PgProfileRepo *) self)->pool, ctx);
        Profile *profile = ARENA_NEW(ctx->arena, Profile);
        const Keyring *ring = ring_of(self);

        size_t found = pg_batch_add(batch, &sql_profile, PG_ARGS(pg_text(customer_id)));
        size_t addresses = pg_batch_add(batch, &sql_addresses, PG_ARGS(pg_text(customer_id)));
        size_t methods = pg_batch_add(batch, &sql_methods, PG_ARGS(pg_text(customer_id)));
        TRY(pg_batch_run(batch));
        if (pg_rows_count(pg_batch_rows(batch, found)) == 0) {
                *ret_profile = NULL;
                return NULL;
        }
        TRY(customer_read_profile(ring, ctx->arena, pg_batch_rows(batch, found), profile));
        TRY(customer_read_addresses(ring, ctx->arena, pg_batch_rows(batch, addresses), profile));
        TRY(customer_read_methods(ring, ctx->arena, pg_batch_rows(batch, methods), profile));
        *ret_profile = profile;
        return NULL;
}

/* ---- changed: the customer's row is locked first, so that changes of one customer come one by one ---- */

static const PgStatement sql_touch = PG_WRITE(
        "WITH touched AS ("
        "        UPDATE customers SET version = version + 1, updated_at = now()"
        "         WHERE customer_id = $1 AND $2::bigint IN (0, version) RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_PROFILE_OVERTAKEN "') FROM touched");

static PgBatch *begin(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of) {
        PgBatch *batch = pg_batch_new(((PgProfileRepo *) self)->pool, ctx);

        pg_batch_add(batch, &sql_touch, PG_ARGS(pg_text(of->customer_id), pg_int64(of->version)));
        return batch;
}

static const PgStatement sql_details = PG_WRITE(
        "UPDATE customers SET name = $2, phone = $3 WHERE customer_id = $1");

static const Error *save_details(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *name,
                                 const char *phone) {
        PgBatch *batch = begin(self, ctx, of);
        const SealedPlace of_name = { "customers", "name", of->customer_id };
        const SealedPlace of_phone = { "customers", "phone", of->customer_id };

        pg_batch_add(batch, &sql_details,
                     PG_ARGS(pg_text(of->customer_id),
                             pg_bytes(crypt_seal(ring_of(self), ctx->arena, &of_name, name)),
                             pg_bytes(crypt_seal(ring_of(self), ctx->arena, &of_phone, phone))));
        return pg_batch_run(batch);
}

static const PgStatement sql_preferences = PG_WRITE(
        "UPDATE customers SET notifications = $2, marketing = $3, review_requests = $4"
        " WHERE customer_id = $1");

static const Error *save_preferences(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                     const Preferences *preferences) {
        PgBatch *batch = begin(self, ctx, of);

        pg_batch_add(batch, &sql_preferences,
                     PG_ARGS(pg_text(of->customer_id), pg_bool(preferences->notifications),
                             pg_bool(preferences->marketing), pg_bool(preferences->review_requests)));
        return pg_batch_run(batch);
}

static const PgStatement sql_standing = PG_WRITE(
        "UPDATE customers"
        "   SET tier_granted = $2::text, tier_until = $3, segments = $4, credit_limit_minor = $5"
        " WHERE customer_id = $1");

static const PgStatement sql_active = PG_WRITE("UPDATE accounts SET active = $2 WHERE customer_id = $1");

static const PgStatement sql_end_sessions = PG_WRITE(
        "UPDATE refresh_families f SET ended_at = now() FROM accounts a"
        " WHERE a.customer_id = $1 AND f.account_id = a.account_id AND f.ended_at IS NULL");

static const Error *save_standing(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                  const Standing *standing) {
        PgBatch *batch = begin(self, ctx, of);
        PgArg until = standing->tier ? pg_time(standing->tier_until_us) : pg_null(PG_TIME);
        PgArg limit = standing->has_credit_limit ? pg_int64(standing->credit_limit_minor)
                                                 : pg_null(PG_INT64);

        pg_batch_add(batch, &sql_standing,
                     PG_ARGS(pg_text(of->customer_id), pg_text(customer_tier_word(standing->tier)), until,
                             pg_text_array(standing->segments, standing->n_segments), limit));
        pg_batch_add(batch, &sql_active, PG_ARGS(pg_text(of->customer_id), pg_bool(standing->is_active)));
        if (!standing->is_active)
                pg_batch_add(batch, &sql_end_sessions, PG_ARGS(pg_text(of->customer_id)));
        return pg_batch_run(batch);
}

/* ---- addresses ---- */

/* Before a default one is written. */
static const PgStatement sql_clear_address = PG_WRITE(
        "UPDATE addresses SET is_default = false WHERE customer_id = $1 AND type = $2 AND is_default");

/* Of each type that has no default one, the oldest becomes it. */
static const PgStatement sql_settle_addresses = PG_WRITE(
        "UPDATE addresses SET is_default = true"
        " WHERE customer_id = $1"
        "   AND address_id IN (SELECT min(address_id) FROM addresses WHERE customer_id = $1"
        "                       GROUP BY type HAVING NOT bool_or(is_default))");

static const PgStatement sql_insert_address = PG_WRITE(
        "INSERT INTO addresses (customer_id, address_id, type, is_default, line1, line2, city, state,"
        "                       postal_code, country, contact_name, contact_phone)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

static const PgStatement sql_few_addresses = PG_WRITE(
        "SELECT require_rows((count(*) <= " PG_NUMBER(PROFILE_MAX_ADDRESSES) ")::int,"
        "                    '" INNER_PROFILE_OVERTAKEN "') FROM addresses WHERE customer_id = $1");

static const PgStatement sql_update_address = PG_WRITE(
        "WITH changed AS ("
        "        UPDATE addresses"
        "           SET type = $3, is_default = $4, line1 = $5, line2 = $6, city = $7, state = $8,"
        "               postal_code = $9, country = $10, contact_name = $11, contact_phone = $12"
        "         WHERE customer_id = $1 AND address_id = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_PROFILE_OVERTAKEN "') FROM changed");

static const PgStatement sql_delete_address = PG_WRITE(
        "WITH removed AS ("
        "        DELETE FROM addresses WHERE customer_id = $1 AND address_id = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_PROFILE_OVERTAKEN "') FROM removed");

static void write_address(ProfileRepo *self, PgBatch *batch, const char *customer_id,
                          const CustomerAddress *address, const PgStatement *statement) {
        PgArg customer = pg_text(customer_id), type = pg_text(address->type), sealed[ADDRESS_N_SEALED];

        if (address->is_default)
                pg_batch_add(batch, &sql_clear_address, PG_ARGS(customer, type));
        customer_seal_address(ring_of(self), pg_batch_ctx(batch)->arena, customer_id, address, sealed);
        pg_batch_add(batch, statement,
                     PG_ARGS(customer, pg_text(address->id), type, pg_bool(address->is_default), sealed[0],
                             sealed[1], sealed[2], sealed[3], sealed[4], sealed[5], sealed[6], sealed[7]));
        pg_batch_add(batch, &sql_settle_addresses, PG_ARGS(customer));
}

static const Error *add_address(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                const CustomerAddress *address) {
        PgBatch *batch = begin(self, ctx, of);

        write_address(self, batch, of->customer_id, address, &sql_insert_address);
        pg_batch_add(batch, &sql_few_addresses, PG_ARGS(pg_text(of->customer_id)));
        return pg_batch_run(batch);
}

static const Error *change_address(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                   const CustomerAddress *address) {
        PgBatch *batch = begin(self, ctx, of);

        write_address(self, batch, of->customer_id, address, &sql_update_address);
        return pg_batch_run(batch);
}

static const Error *remove_address(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id) {
        PgBatch *batch = begin(self, ctx, of);

        pg_batch_add(batch, &sql_delete_address, PG_ARGS(pg_text(of->customer_id), pg_text(id)));
        pg_batch_add(batch, &sql_settle_addresses, PG_ARGS(pg_text(of->customer_id)));
        return pg_batch_run(batch);
}

/* ---- payment methods ---- */

static const PgStatement sql_clear_method = PG_WRITE(
        "UPDATE payment_methods SET is_default = false WHERE customer_id = $1 AND is_default");

static const PgStatement sql_settle_methods = PG_WRITE(
        "UPDATE payment_methods SET is_default = true"
        " WHERE customer_id = $1"
        "   AND method_id = (SELECT min(method_id) FROM payment_methods WHERE customer_id = $1"
        "                    HAVING NOT bool_or(is_default))");

static const PgStatement sql_insert_method = PG_WRITE(
        "INSERT INTO payment_methods (customer_id, method_id, type, token, brand, last4, is_default)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)");

static const PgStatement sql_few_methods = PG_WRITE(
        "SELECT require_rows((count(*) <= " PG_NUMBER(PROFILE_MAX_METHODS) ")::int,"
        "                    '" INNER_PROFILE_OVERTAKEN "') FROM payment_methods WHERE customer_id = $1");

static const PgStatement sql_choose_method = PG_WRITE(
        "WITH chosen AS ("
        "        UPDATE payment_methods SET is_default = true"
        "         WHERE customer_id = $1 AND method_id = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_PROFILE_OVERTAKEN "') FROM chosen");

static const PgStatement sql_delete_method = PG_WRITE(
        "WITH removed AS ("
        "        DELETE FROM payment_methods WHERE customer_id = $1 AND method_id = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_PROFILE_OVERTAKEN "') FROM removed");

static const Error *add_method(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                               const PaymentMethod *method) {
        PgBatch *batch = begin(self, ctx, of);
        PgArg customer = pg_text(of->customer_id);

        if (method->is_default)
                pg_batch_add(batch, &sql_clear_method, PG_ARGS(customer));
        pg_batch_add(batch, &sql_insert_method,
                     PG_ARGS(customer, pg_text(method->id), pg_text(method->type),
                             customer_seal_token(ring_of(self), ctx->arena, of->customer_id, method),
                             pg_text(method->brand), pg_text(method->last4), pg_bool(method->is_default)));
        pg_batch_add(batch, &sql_few_methods, PG_ARGS(customer));
        pg_batch_add(batch, &sql_settle_methods, PG_ARGS(customer));
        return pg_batch_run(batch);
}

static const Error *choose_method(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id) {
        PgBatch *batch = begin(self, ctx, of);

        pg_batch_add(batch, &sql_clear_method, PG_ARGS(pg_text(of->customer_id)));
        pg_batch_add(batch, &sql_choose_method, PG_ARGS(pg_text(of->customer_id), pg_text(id)));
        return pg_batch_run(batch);
}

static const Error *remove_method(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id) {
        PgBatch *batch = begin(self, ctx, of);

        pg_batch_add(batch, &sql_delete_method, PG_ARGS(pg_text(of->customer_id), pg_text(id)));
        pg_batch_add(batch, &sql_settle_methods, PG_ARGS(pg_text(of->customer_id)));
        return pg_batch_run(batch);
}

ProfileRepo *customer_profile_repo_new(Arena *arena, PgPool *pool, const Keyring *ring) {
        PgProfileRepo *repo = ARENA_NEW(arena, PgProfileRepo);

        *repo = (PgProfileRepo) {
                .base = {
                        .find = find,
                        .save_details = save_details,
                        .save_preferences = save_preferences,
                        .save_standing = save_standing,
                        .add_address = add_address,
                        .change_address = change_address,
                        .remove_address = remove_address,
                        .add_method = add_method,
                        .choose_method = choose_method,
                        .remove_method = remove_method,
                },
                .pool = pool,
                .ring = ring,
        };
        return &repo->base;
}
