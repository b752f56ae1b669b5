#include "service/customer_service.h"

#include "base/log.h"
#include "base/metrics.h"
#include "proto/cursor.h"
#include "service/mapping.h"
#include "service/points_mapping.h"

typedef struct CustomerHandlers {
        CustomerService base;
        AccountUsecase *accounts;
        PointsUsecase *points;
        Metric *logins;
} CustomerHandlers;

static AccountUsecase *accounts_of(CustomerService *self) {
        return ((CustomerHandlers *) self)->accounts;
}

static ProfileRepo *profiles_of(CustomerService *self) {
        return accounts_of(self)->profiles;
}

static PointsUsecase *points_of(CustomerService *self) {
        return ((CustomerHandlers *) self)->points;
}

/* ---- accounts ---- */

static const Error *handle_register_customer(CustomerService *self, Ctx *ctx,
                                             const CustomerV1RegisterCustomerRequest *request,
                                             CustomerV1RegisterCustomerResponse *response) {
        const Registration wanted = customer_registration_from_message(request);
        const Profile *profile;

        TRY(customer_register(accounts_of(self), ctx, &wanted, &profile));
        ctx_about(ctx, "customer", profile->customer_id);
        response->customer = customer_to_message(ctx->arena, profile);
        return NULL;
}

/*
 * The trace event user_login: a line and a count for each login, however it ended. Neither names the e-mail.
 *
 * source     001 Event Types
 */
static void trace_login(CustomerService *self, const Ctx *ctx, const char *subject, const Error *error) {
        const char *status = error ? "failed" : "success";

        metric_add(((CustomerHandlers *) self)->logins, 1, METRIC_LABELS({ "status", status }));
        log_info("trace event", log_text("event", "user_login"), log_text("status", status),
                 log_text("subject", subject), log_text("reason", error ? error->reason : NULL),
                 log_text("client", ctx->client), log_text("trace", ctx->trace.trace_id));
}

static const Error *handle_login(CustomerService *self, Ctx *ctx, const CustomerV1LoginRequest *request,
                                 CustomerV1LoginResponse *response) {
        Tokens tokens = { 0 };

        const Error *error =
                customer_login(accounts_of(self), ctx, request->email, request->password, &tokens);
        trace_login(self, ctx, tokens.subject, error);
        TRY(error);
        ctx_about(ctx, "subject", tokens.subject);
        response->tokens = customer_tokens_to_message(ctx->arena, &tokens);
        return NULL;
}

static const Error *handle_refresh(CustomerService *self, Ctx *ctx, const CustomerV1RefreshRequest *request,
                                   CustomerV1RefreshResponse *response) {
        Tokens tokens;

        TRY(customer_refresh(accounts_of(self), ctx, request->refresh_token, &tokens));
        ctx_about(ctx, "subject", tokens.subject);
        response->tokens = customer_tokens_to_message(ctx->arena, &tokens);
        return NULL;
}

static const Error *handle_logout(CustomerService *self, Ctx *ctx, const CustomerV1LogoutRequest *request,
                                  CustomerV1LogoutResponse *response) {
        (void) response;
        return customer_logout(accounts_of(self), ctx, request->refresh_token);
}

static const Error *handle_get_jwks(CustomerService *self, Ctx *ctx, const CustomerV1GetJwksRequest *request,
                                    CustomerV1GetJwksResponse *response) {
        PublicKey *keys;
        size_t n;

        (void) request;
        TRY(customer_public_keys(accounts_of(self), ctx, &keys, &n));
        response->n_keys = n;
        response->keys = ARENA_ARRAY(ctx->arena, CustomerV1Jwk *, n);
        for (size_t i = 0; i < n; i++)
                response->keys[i] = customer_key_to_message(ctx->arena, &keys[i]);
        return NULL;
}

/* ---- profiles ---- */

/* Which profile a change is meant for; the call is about it. */
static ProfileVersion version_of(Ctx *ctx, const char *customer_id, int64_t version) {
        ctx_about(ctx, "customer", customer_id);
        return (ProfileVersion) { customer_id, version };
}

static const Error *handle_get_customer(CustomerService *self, Ctx *ctx,
                                        const CustomerV1GetCustomerRequest *request,
                                        CustomerV1GetCustomerResponse *response) {
        const Profile *profile;

        ctx_about(ctx, "customer", request->customer_id);
        TRY(customer_profile(profiles_of(self), ctx, request->customer_id, &profile));
        response->customer = customer_to_message(ctx->arena, profile);
        return NULL;
}

static const Error *handle_get_context(CustomerService *self, Ctx *ctx,
                                       const CustomerV1GetContextRequest *request,
                                       CustomerV1GetContextResponse *response) {
        const Profile *profile;

        ctx_about(ctx, "customer", request->customer_id);
        TRY(customer_profile(profiles_of(self), ctx, request->customer_id, &profile));
        response->context = customer_context_to_message(ctx->arena, profile);
        return NULL;
}

static const Error *handle_get_checkout_context(CustomerService *self, Ctx *ctx,
                                                const CustomerV1GetCheckoutContextRequest *request,
                                                CustomerV1GetCheckoutContextResponse *response) {
        const Profile *profile;

        ctx_about(ctx, "customer", request->customer_id);
        TRY(customer_profile(profiles_of(self), ctx, request->customer_id, &profile));
        response->customer_id = profile->customer_id;
        response->addresses = customer_addresses_to_messages(ctx->arena, profile, &response->n_addresses);
        response->payment_methods =
                customer_methods_to_messages(ctx->arena, profile, &response->n_payment_methods);
        response->preferences = customer_preferences_to_message(ctx->arena, &profile->preferences);
        return NULL;
}

static const Error *handle_update_profile(CustomerService *self, Ctx *ctx,
                                          const CustomerV1UpdateProfileRequest *request,
                                          CustomerV1UpdateProfileResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const Profile *profile;

        TRY(customer_change_details(profiles_of(self), ctx, &of, request->name, str_or_null(request->phone),
                                    &profile));
        response->customer = customer_to_message(ctx->arena, profile);
        return NULL;
}

static const Error *handle_update_preferences(CustomerService *self, Ctx *ctx,
                                              const CustomerV1UpdatePreferencesRequest *request,
                                              CustomerV1UpdatePreferencesResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const Preferences wanted = customer_preferences_from_message(request->preferences);
        const Profile *profile;

        TRY(customer_change_preferences(profiles_of(self), ctx, &of, &wanted, &profile));
        response->customer = customer_to_message(ctx->arena, profile);
        return NULL;
}

static const Error *handle_set_standing(CustomerService *self, Ctx *ctx,
                                        const CustomerV1SetStandingRequest *request,
                                        CustomerV1SetStandingResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const Standing wanted = customer_standing_from_message(request);
        const Profile *profile;

        TRY(customer_change_standing(profiles_of(self), ctx, &of, &wanted, &profile));
        response->customer = customer_to_message(ctx->arena, profile);
        return NULL;
}

static const Error *handle_add_address(CustomerService *self, Ctx *ctx,
                                       const CustomerV1AddAddressRequest *request,
                                       CustomerV1AddAddressResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const CustomerAddress *address;
        CustomerAddress wanted;

        TRY(customer_address_from_message(ctx->arena, request->address, NULL, &wanted));
        TRY(customer_add_address(profiles_of(self), ctx, &of, &wanted, &address));
        response->address = customer_address_to_message(ctx->arena, address);
        return NULL;
}

static const Error *handle_change_address(CustomerService *self, Ctx *ctx,
                                          const CustomerV1ChangeAddressRequest *request,
                                          CustomerV1ChangeAddressResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const CustomerAddress *address;
        CustomerAddress wanted;

        TRY(customer_address_from_message(ctx->arena, request->address, request->address_id, &wanted));
        TRY(customer_change_address(profiles_of(self), ctx, &of, &wanted, &address));
        response->address = customer_address_to_message(ctx->arena, address);
        return NULL;
}

static const Error *handle_remove_address(CustomerService *self, Ctx *ctx,
                                          const CustomerV1RemoveAddressRequest *request,
                                          CustomerV1RemoveAddressResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);

        (void) response;
        return customer_remove_address(profiles_of(self), ctx, &of, request->address_id);
}

static const Error *handle_add_payment_method(CustomerService *self, Ctx *ctx,
                                              const CustomerV1AddPaymentMethodRequest *request,
                                              CustomerV1AddPaymentMethodResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const PaymentMethod wanted = customer_method_from_message(request);
        const PaymentMethod *method;

        TRY(customer_add_method(profiles_of(self), ctx, &of, &wanted, &method));
        response->payment_method = customer_method_to_message(ctx->arena, method);
        return NULL;
}

static const Error *handle_choose_payment_method(CustomerService *self, Ctx *ctx,
                                                 const CustomerV1ChoosePaymentMethodRequest *request,
                                                 CustomerV1ChoosePaymentMethodResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);
        const PaymentMethod *method;

        TRY(customer_choose_method(profiles_of(self), ctx, &of, request->payment_method_id, &method));
        response->payment_method = customer_method_to_message(ctx->arena, method);
        return NULL;
}

static const Error *handle_remove_payment_method(CustomerService *self, Ctx *ctx,
                                                 const CustomerV1RemovePaymentMethodRequest *request,
                                                 CustomerV1RemovePaymentMethodResponse *response) {
        const ProfileVersion of = version_of(ctx, request->customer_id, request->version);

        (void) response;
        return customer_remove_method(profiles_of(self), ctx, &of, request->payment_method_id);
}

static const Error *handle_get_payment_token(CustomerService *self, Ctx *ctx,
                                             const CustomerV1GetPaymentTokenRequest *request,
                                             CustomerV1GetPaymentTokenResponse *response) {
        const PaymentMethod *method;

        ctx_about(ctx, "customer", request->customer_id);
        TRY(customer_find_method(profiles_of(self), ctx, request->customer_id, request->payment_method_id,
                                 &method));
        response->type = method->type;
        response->token = method->token;
        return NULL;
}

/* ---- points ---- */

static const Error *handle_get_checkout_benefits(CustomerService *self, Ctx *ctx,
                                                 const CustomerV1GetCheckoutBenefitsRequest *request,
                                                 CustomerV1GetCheckoutBenefitsResponse *response) {
        PointsBenefits benefits;

        ctx_about(ctx, "customer", request->customer_id);
        TRY(customer_points_benefits(points_of(self), ctx, request->customer_id, &benefits));
        customer_benefits_to_message(ctx->arena, &benefits, response);
        return NULL;
}

/* A whole page fits into an answer by the limits of its fields. */
static void page_to_message(Arena *arena, const PointsPage *page, CustomerV1ListPointsResponse *response) {
        response->n_entries = page->n_entries;
        response->entries = ARENA_ARRAY(arena, CustomerV1PointsEntry *, page->n_entries);
        for (size_t i = 0; i < page->n_entries; i++)
                response->entries[i] = customer_entry_to_message(arena, &page->entries[i]);
        if (page->has_more) {
                const PointsEntry *last = &page->entries[page->n_entries - 1];

                response->next_cursor = proto_cursor_write(arena, last->created_at_us, last->entry_id);
        }
}

static const Error *handle_list_points(CustomerService *self, Ctx *ctx,
                                       const CustomerV1ListPointsRequest *request,
                                       CustomerV1ListPointsResponse *response) {
        PointsPosition after;
        PointsPage page;
        bool is_first = str_is_empty(request->cursor);

        ctx_about(ctx, "customer", request->customer_id);
        if (!is_first)
                TRY(proto_cursor_read(ctx->arena, request->cursor, &after.created_at_us, &after.entry_id));
        TRY(customer_points_list(points_of(self), ctx, request->customer_id, is_first ? NULL : &after,
                                 request->page_size, &page));
        page_to_message(ctx->arena, &page, response);
        return NULL;
}

static const Error *handle_earn_points(CustomerService *self, Ctx *ctx,
                                       const CustomerV1EarnPointsRequest *request,
                                       CustomerV1EarnPointsResponse *response) {
        const PointsEarning wanted = { .order_id = request->order_id,
                                       .customer_id = request->customer_id,
                                       .points = request->points };

        ctx_about(ctx, "order", request->order_id);
        TRY(customer_points_earn(points_of(self), ctx, &wanted, &response->balance));
        response->points = wanted.points;
        return NULL;
}

static const Error *handle_hold_points(CustomerService *self, Ctx *ctx,
                                       const CustomerV1HoldPointsRequest *request,
                                       CustomerV1HoldPointsResponse *response) {
        PointsHold hold;

        ctx_about(ctx, "order", request->order_id);
        TRY(customer_points_hold(points_of(self), ctx, request->order_id, request->customer_id,
                                 request->points, &hold));
        response->hold = customer_hold_to_message(ctx->arena, &hold);
        return NULL;
}

static const Error *handle_commit_points(CustomerService *self, Ctx *ctx,
                                         const CustomerV1CommitPointsRequest *request,
                                         CustomerV1CommitPointsResponse *response) {
        size_t n = request->n_order_ids;
        PointsStatus *statuses = ARENA_ARRAY(ctx->arena, PointsStatus, n);

        ctx_about_all(ctx, "order", request->order_ids, n);
        TRY(customer_points_move(points_of(self), ctx, POINTS_COMMIT, request->order_ids, n, statuses));
        response->statuses = customer_statuses_to_message(ctx->arena, statuses, n);
        response->n_statuses = n;
        return NULL;
}

static const Error *handle_release_points(CustomerService *self, Ctx *ctx,
                                          const CustomerV1ReleasePointsRequest *request,
                                          CustomerV1ReleasePointsResponse *response) {
        size_t n = request->n_order_ids;
        PointsStatus *statuses = ARENA_ARRAY(ctx->arena, PointsStatus, n);

        ctx_about_all(ctx, "order", request->order_ids, n);
        TRY(customer_points_move(points_of(self), ctx, POINTS_RELEASE, request->order_ids, n, statuses));
        response->statuses = customer_statuses_to_message(ctx->arena, statuses, n);
        response->n_statuses = n;
        return NULL;
}

static const Error *handle_revoke_points(CustomerService *self, Ctx *ctx,
                                         const CustomerV1RevokePointsRequest *request,
                                         CustomerV1RevokePointsResponse *response) {
        (void) response;
        ctx_about_all(ctx, "order", request->order_ids, request->n_order_ids);
        return customer_points_revoke(points_of(self), ctx, request->order_ids, request->n_order_ids);
}

CustomerService *customer_service_new(Arena *arena, AccountUsecase *accounts, PointsUsecase *points) {
        CustomerHandlers *handlers = ARENA_NEW(arena, CustomerHandlers);

        *handlers = (CustomerHandlers) {
                .base = CUSTOMER_SERVICE_IMPL(handle),
                .accounts = accounts,
                .points = points,
                .logins = metric_counter("millrace_customer_logins_total",
                                         "Logins, by status (success, failed)."),
        };
        return &handlers->base;
}
