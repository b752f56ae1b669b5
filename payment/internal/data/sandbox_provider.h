/*
 * The sandbox: a payment provider that moves no money. It stands where a real one will, keeps its own durable
 * books (sandbox_charges, sandbox_refunds), and does what the token says:
 *
 *         pm_1234567890, pm_ok...    captured
 *         pm_card_declined           declined: CARD_DECLINED
 *         pm_insufficient_funds      declined: INSUFFICIENT_FUNDS
 *         pm_expired_card            declined: EXPIRED_CARD
 *         pm_3ds_required            requires action, as does every online payment
 *         pm_timeout                 captured, but the answer is lost
 *         pm_timeout_declined        declined: CARD_DECLINED, but the answer is lost
 *
 * source     domain.md payment
 */
#pragma once

#include "biz/payment/provider.h"
#include "pg/pool.h"

/* delay_ms: how long a caller waits for an answer that is lost. Lives in arena; pool must outlive it. */
PaymentProvider *payment_sandbox_new(Arena *arena, PgPool *pool, int64_t delay_ms);
