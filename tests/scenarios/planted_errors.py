"""An error of each law is planted in the books of a small installation: the checker names that law, and only
that one."""

import contextlib
import copy
import sys

from books import LAWS, LawsAreBroken, broken, check
from client_log import ClientLog, Wish
from delivery import deliver
from millrace import Millrace, Reply, equal, main, new_key

ABC = ("SKU-ABC-001", "PROD-67890")
DEF = ("SKU-DEF-002", "PROD-11111")
SHORT = ("SKU-SHORT-001", "PROD-SHORT")

# A hold of one piece of SKU-ABC-001 for an order that does not exist.
STRANGE_HOLD = """
    INSERT INTO reservations (reservation_id, order_id, status, expires_at)
    VALUES ('RES-X', 'ORD-X', '{status}', now() + interval '1 hour');
    INSERT INTO reservation_lines VALUES ('RES-X', 1, 'SKU-ABC-001', 'US-WEST-01', 'PROD-67890', 1);
    INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, order_id, actor)
    VALUES ('SKU-ABC-001', 'US-WEST-01', 'reserved', 1, 0, 'ORD-X', 'test')"""
LEDGER = "INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, order_id, actor)"
ONE_ABC = "VALUES ('SKU-ABC-001', 'US-WEST-01'"


POINTS_OF_ORDERS = "an order has used and earned once the points that it says, and nothing when it ended"


def two_uses(campaign, then=""):
    """Two more uses of a campaign by a customer, in two orders, well counted; and what follows."""
    return {
        "order": f"""
            UPDATE orders SET discounts = discounts || jsonb_build_array(jsonb_build_object(
                    'type', 'promotion', 'campaignId', '{campaign}', 'campaignVersion', 1,
                    'amountMinor', 500)) WHERE order_id IN ('{{paid}}', '{{cash}}')""",
        "promotion": f"""
            INSERT INTO usages (order_id, customer_id, currency, status, expires_at)
            SELECT order_id, 'CUST-12345', 'USD', 'COMMITTED', now()
              FROM unnest(ARRAY['{{paid}}', '{{cash}}']) AS o (order_id);
            INSERT INTO usage_lines
            VALUES ('{{paid}}', '{campaign}', 1, 500), ('{{cash}}', '{campaign}', 1, 500);
            INSERT INTO customer_usages AS c VALUES ('{campaign}', 'CUST-12345', 2)
            ON CONFLICT (campaign_id, customer_id) DO UPDATE SET uses = c.uses + 2;
            UPDATE campaigns SET uses = uses + 2,
                                 spent_minor = CASE WHEN currency IS NULL THEN 0 ELSE spent_minor + 1000 END
             WHERE campaign_id = '{campaign}';
            {then}"""}


# Law -> what breaks it and nothing else: statements by database. The orders: {paid} and {other} are
# confirmed, {other} with SUMMER2024 and 100 points; {declined}; {cancelled}, after it used 30; {waiting} for
# 3-D Secure, with 50; {cash} on delivery;
# {delivered}; {unknown} to the clients.
PLANTED = {
    "I1 what is on hand is the sum of its ledger": {
        "warehouse": "UPDATE stock_ledger SET on_hand_effect = on_hand_effect + 1 WHERE kind = 'received'"},
    "I1 received = available + reserved + sold - returned": {
        "warehouse": "UPDATE stock_ledger SET quantity = quantity + 1 WHERE kind = 'received'"},
    "I1 nothing is below zero": {"warehouse": """
        ALTER TABLE stock DROP CONSTRAINT stock_reserved_check;
        INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, actor)
        SELECT sku, warehouse_id, 'adjusted', reserved - 1 - on_hand, reserved - 1 - on_hand, 'test'
          FROM stock WHERE reserved > 0;
        UPDATE stock SET on_hand = reserved - 1 WHERE reserved > 0"""},
    "I1 what is reserved is what active holds hold": {
        "warehouse": "UPDATE stock SET reserved = reserved + 1 WHERE sku = 'SKU-ABC-001'"},
    "I1 a hold was reserved once, and sold or given back once": {"warehouse": f"""
        {LEDGER} {ONE_ABC}, 'sold', 1, -1, '{{paid}}', 'test');
        {LEDGER} {ONE_ABC}, 'returned', 1, 1, '{{paid}}', 'test')"""},
    "I8 no hold is older than its time": {
        "warehouse": "UPDATE reservations SET expires_at = now() - interval '1 hour' "
                     "WHERE order_id = '{waiting}'"},
    "I8 a hold has an order, or who will end it": {"warehouse": STRANGE_HOLD.format(status="ACTIVE") + """;
        UPDATE stock SET reserved = reserved + 1 WHERE sku = 'SKU-ABC-001'"""},
    "I8 an order that ended holds nothing": {"warehouse": """
        UPDATE reservations SET status = 'ACTIVE' WHERE order_id = '{declined}';
        DELETE FROM stock_ledger WHERE order_id = '{declined}' AND kind = 'released';
        UPDATE stock SET reserved = reserved + 1 WHERE sku = 'SKU-ABC-001'"""},
    "I7 the stock of a confirmed order is sold": {"warehouse": f"""
        UPDATE reservations SET status = 'RELEASED' WHERE order_id = '{{paid}}';
        {LEDGER} {ONE_ABC}, 'returned', 1, 1, '{{paid}}', 'test');
        UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'SKU-ABC-001'"""},
    "I7 the stock of an order that waits for its customer is held": {"warehouse": f"""
        UPDATE reservations SET status = 'RELEASED' WHERE order_id = '{{waiting}}';
        {LEDGER} {ONE_ABC}, 'released', 1, 0, '{{waiting}}', 'test');
        UPDATE stock SET reserved = reserved - 1 WHERE sku = 'SKU-ABC-001'"""},
    "I7 nothing is sold without an order": {"warehouse": STRANGE_HOLD.format(status="CONFIRMED") + f""";
        {LEDGER} {ONE_ABC}, 'sold', 1, -1, 'ORD-X', 'test');
        UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 'SKU-ABC-001'"""},
    "I2 one order per customer and idempotency key": {"order": """
        DROP INDEX order_sagas_key;
        UPDATE order_sagas SET idempotency_key = 'planted-planted-planted'
         WHERE order_id IN ('{paid}', '{other}')"""},
    "I3 an order's events are its versions, without gaps": {
        "order": "DELETE FROM outbox WHERE aggregate_id = '{paid}' AND aggregate_version = 1"},
    "I3 no event without its order": {"order": """
        INSERT INTO outbox (event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,
                            partition, processed_at)
        VALUES (gen_random_uuid(), 'order', 'ORD-X', 1, 'order.created', '{{}}', 0, now())"""},
    "I6 lines - discounts + shipping + tax = total": {"order": """
        ALTER TABLE orders DROP CONSTRAINT orders_total;
        UPDATE orders SET tax_minor = tax_minor + 1 WHERE order_id = '{paid}'"""},
    "I14 an order's history is its versions, and ends where it stands": {
        "order": "DELETE FROM order_history WHERE order_id = '{paid}' AND version = 1"},
    "I7 no order is left halfway": {
        "order": "UPDATE order_sagas SET step = 'SETTLE' WHERE order_id = '{paid}'"},
    "I7 no sold order keeps the note of a hold that was not confirmed": {"order": """
        UPDATE orders SET metadata = '{{"reservation_confirmation_errors": ["lost"]}}'
         WHERE order_id = '{paid}'"""},
    "I7 nothing needs a person": {
        "order": "INSERT INTO order_manual_reviews (order_id, reason) VALUES ('{paid}', 'planted')"},
    "I12 everything is published": {
        "order": "UPDATE outbox SET processed_at = NULL WHERE aggregate_id = '{paid}'"},
    "I13 no event was parked by the relay": {"order": """
        INSERT INTO outbox_dead (id, event_id, aggregate_type, aggregate_id, aggregate_version, event_type,
                                 payload, partition, created_at, retry_count)
        SELECT id, event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, partition,
               created_at, 5 FROM outbox WHERE aggregate_id = '{paid}' AND aggregate_version = 1"""},
    "I13 no event was parked by a consumer": {"warehouse": """
        INSERT INTO inbox_dead (consumer, event_id, subject, payload, reason)
        VALUES ('warehouse', 'EV-X', 'events.order.created', '', 'planted')"""},
    "I4 I5 a consumer has applied the events of every aggregate, up to the last": {
        "warehouse": "UPDATE inbox SET version = version - 1 WHERE aggregate_id = '{paid}'"},
    "I7 a sold order is paid once and whole, by card": {
        "order": "UPDATE orders SET payment_status = 'refunded', refund_minor = total_minor "
                 "WHERE order_id = '{paid}'",
        "payment": """
            UPDATE payments SET status = 'REFUNDED', refunded_minor = amount_minor WHERE order_id = '{paid}';
            INSERT INTO sandbox_refunds (payment_id, amount_minor)
            SELECT payment_id, amount_minor FROM payments WHERE order_id = '{paid}'"""},
    "I7 an order that is paid on delivery was not charged before": {
        "order": "UPDATE orders SET payment_status = 'paid' WHERE order_id = '{cash}'",
        "payment": """
            UPDATE payments SET status = 'COMPLETED', transaction_id = 'txn' WHERE order_id = '{cash}';
            INSERT INTO sandbox_charges (payment_id, status, amount_minor, currency)
            SELECT payment_id, 'CAPTURED', amount_minor, currency FROM payments WHERE order_id = '{cash}'"""},
    "I7 an order that ended keeps no money": {
        "order": "UPDATE orders SET payment_status = 'paid' WHERE order_id = '{declined}'",
        "payment": """
            UPDATE payments SET status = 'COMPLETED', transaction_id = 'txn' WHERE order_id = '{declined}';
            UPDATE sandbox_charges SET status = 'CAPTURED' FROM payments p
             WHERE p.payment_id = sandbox_charges.payment_id AND p.order_id = '{declined}'"""},
    "I7 nothing is taken, or waits to be, without an order": {"payment": """
        INSERT INTO payments (payment_id, order_id, customer_id, amount_minor, currency, method, status,
                              transaction_id)
        VALUES ('PAY-X', 'ORD-X', 'CUST-12345', 100, 'USD', 'credit_card', 'COMPLETED', 'txn');
        INSERT INTO sandbox_charges (payment_id, status, amount_minor, currency)
        VALUES ('PAY-X', 'CAPTURED', 100, 'USD')"""},
    "I7 every charge has its payment": {"payment": """
        INSERT INTO sandbox_charges (payment_id, status, amount_minor, currency)
        VALUES ('PAY-X', 'CAPTURED', 100, 'USD')"""},
    "I7 no payment is in doubt": {
        "payment": "UPDATE payments SET status = 'PENDING' WHERE order_id = '{waiting}'"},
    "I7 a payment says what the provider says": {"payment": """
        UPDATE sandbox_charges SET status = 'DECLINED' FROM payments p
         WHERE p.payment_id = sandbox_charges.payment_id AND p.order_id = '{waiting}'"""},
    "I7 a payment and its charge are of one amount and currency": {"payment": """
        UPDATE sandbox_charges SET currency = 'EUR' FROM payments p
         WHERE p.payment_id = sandbox_charges.payment_id AND p.order_id = '{paid}'"""},
    "I7 what was given back is the same in both books": {
        "order": "UPDATE orders SET refund_minor = refund_minor - 1 WHERE order_id = '{cancelled}'",
        "payment": "UPDATE payments SET refunded_minor = refunded_minor - 1 WHERE order_id = '{cancelled}'"},
    "I7 a payment is of its order: customer, amount, currency, method": {
        "payment": "UPDATE payments SET customer_id = 'CUST-99999' WHERE order_id = '{paid}'"},
    "I7 an order says what its payment says": {
        "order": "UPDATE orders SET payment_status = 'refunded' WHERE order_id = '{paid}'"},
    "a payment's token goes when the payment is settled": {
        "order": "UPDATE orders SET payment_token = 'pm_1234567890' WHERE order_id = '{paid}'"},
    "I9 a campaign's counters are what is held and used of it": {
        "promotion": "UPDATE campaigns SET uses = uses + 1 WHERE campaign_id = 'CMP-SUMMER2024'"},
    "I9 a customer's counter is what is held and used by him": {
        "promotion": "INSERT INTO customer_usages VALUES ('CMP-SUMMER2024', 'CUST-X', 1)"},
    "I9 no campaign is used beyond its limits": two_uses("CMP-SUMMER2024", """
        ALTER TABLE campaigns DROP CONSTRAINT campaigns_uses_check;
        UPDATE campaigns SET max_uses = 1 WHERE campaign_id = 'CMP-SUMMER2024'"""),
    "I9 no customer uses a campaign more often than any of its versions allowed": two_uses("CMP-WELCOME5"),
    "I9 no held use is older than its time": {"promotion": """
        INSERT INTO usages (order_id, customer_id, currency, status, expires_at)
        VALUES ('{waiting}', 'CUST-12345', 'USD', 'HELD', now() - interval '1 hour')"""},
    "I9 an order has used once what its discounts say, and nothing else": {
        "promotion": "UPDATE usage_lines SET version = version + 1 WHERE order_id = '{other}'"},
    "I9 a held use has an order, or who will end it": {"promotion": """
        INSERT INTO usages (order_id, customer_id, currency, status, expires_at)
        VALUES ('ORD-X', 'CUST-X', 'USD', 'HELD', now() + interval '1 hour')"""},
    "I9 nothing is used without an order": {"promotion": """
        INSERT INTO usages (order_id, customer_id, currency, status, expires_at)
        VALUES ('ORD-X', 'CUST-X', 'USD', 'COMMITTED', now())"""},
    "I9 an order that ended has used no promotion": {
        "promotion": "UPDATE usages SET status = 'COMMITTED' WHERE order_id = '{cancelled}'"},
    "of a customer's addresses of a type, and of his payment methods, one is the default": {
        "customer": "UPDATE payment_methods SET is_default = false WHERE method_id = 'PM-001'"},
    "a session that goes on has one refresh token that is not used up": {"customer": """
        INSERT INTO refresh_families (family_id, account_id, expires_at)
        VALUES ('SES-X', 'USER-CUSTOMER', now() + interval '1 hour');
        INSERT INTO refresh_tokens VALUES ('X', 'SES-X', now() + interval '1 hour', now())"""},
    "what a customer has left and held, less what he owes, is his ledger of points": {
        "customer": "UPDATE point_entries SET points = points + 1 WHERE order_id = 'ORD-WELCOME'"},
    "a customer's account of points is the sum of his lots": {
        "customer": "UPDATE point_accounts SET remaining = remaining + 1 WHERE customer_id = 'CUST-12345'"},
    "points that an order holds or has used are those of its lots": {
        "customer": "UPDATE point_hold_lots SET points = points - 1 WHERE order_id = '{other}'"},
    "no lot of points gives more than was earned": {
        "customer": "UPDATE point_lots SET earned = earned - 1 WHERE order_id = 'ORD-WELCOME'"},
    "no held points are older than their time": {"customer": """
        INSERT INTO point_holds (order_id, customer_id, points, status, expires_at)
        VALUES ('{paid}', 'CUST-12345', 0, 'HELD', now() - interval '1 hour')"""},
    "an order in USD earns a point for each whole dollar, and any other none": {
        "order": "UPDATE orders SET points_earned = points_earned + 1 WHERE order_id = '{declined}'"},
    "what points take off an order is what it uses": {
        "order": "UPDATE orders SET points_used = points_used + 1 WHERE order_id = '{cancelled}'"},
    POINTS_OF_ORDERS: {"customer": """
        UPDATE point_entries SET points = points - 1 WHERE order_id = '{paid}';
        UPDATE point_entries SET points = points + 1 WHERE order_id = 'ORD-WELCOME'"""},
    "held points have an order, or who will end it": {"customer": """
        INSERT INTO point_holds (order_id, customer_id, points, status, expires_at)
        VALUES ('ORD-X', 'CUST-X', 0, 'HELD', now() + interval '1 hour')"""},
    "no points are used without an order": {"customer": """
        INSERT INTO point_holds (order_id, customer_id, points, status, expires_at)
        VALUES ('ORD-X', 'CUST-X', 0, 'COMMITTED', now())"""},
    "a sold order has a shipment for each seller and warehouse, and nothing else is sent": {
        "shipping": "UPDATE shipments SET warehouse_id = 'US-EAST-01' WHERE order_id = '{paid}'"},
    "a sold order stands where its shipments are": {
        "shipping": "UPDATE shipments SET status = 'SHIPPED', tracking_number = '1Z999', shipped_at = now() "
                    "WHERE order_id = '{paid}'"},
    "an order that ended is not sent": {
        "shipping": "UPDATE shipments SET status = 'CREATED' WHERE order_id = '{cancelled}'"},
    "I3 a fulfilment's events are its versions, without gaps, and published": {
        "shipping": "DELETE FROM outbox WHERE aggregate_id = '{paid}'"},
    "an order's shipping costs, and arrives, as the rules of shipping say that it was quoted with": {
        "order": "UPDATE order_items SET weight_grams = 70001 WHERE order_id = '{paid}'"},
    "a product's rating is what its approved reviews give": {
        "review": "UPDATE product_ratings SET stars_5 = stars_5 + 1 WHERE product_id = 'PROD-67890'"},
    "a customer has one review of a product": {"review": """
        DROP INDEX reviews_one_per_customer;
        UPDATE reviews SET customer_id = 'CUST-DEMO-2' WHERE review_id = 'REV-DEMO-01'"""},
    "a review's history is its versions, and ends where it stands": {
        "review": "UPDATE review_history SET status = 'PENDING' WHERE review_id = 'REV-DEMO-01'"},
    "a review's events are its versions, without gaps": {
        "review": "UPDATE review_history SET actor = 'planted' WHERE review_id = 'REV-DEMO-01'"},
    "a request for reviews has one event once it is settled": {"review": """
        UPDATE review_requests SET status = 'SENT', settled_at = now() WHERE order_id = '{delivered}'"""},
    "an order that came has one request for reviews, and no other order has one": {"review": """
        INSERT INTO review_requests (order_id, customer_id, status, due_at)
        VALUES ('{paid}', 'CUST-12345', 'SCHEDULED', now() + interval '1 day')"""},
    "a verified review is of what its customer's order brought him": {"review": """
        UPDATE reviews SET is_verified = true, order_id = '{paid}' WHERE review_id = 'REV-DEMO-01'"""},
    "I2 what a customer wanted once is one order at most": {
        "order": "UPDATE orders SET notes = '{tag of paid}' WHERE order_id = '{unknown}'"},
    "I10 what a client saw placed is there, as it was told": {
        "order": "UPDATE orders SET notes = 'something else' WHERE order_id = '{paid}'"},
    "I10 a failure that a client was told left nothing, or what it said": {
        "order": "UPDATE orders SET notes = '{tag of refused}' WHERE order_id = '{unknown}'"},
}


def is_told_twice(log, orders):
    wish = log.wishes[0]
    wish.replies.append(Reply(201, [], wish.last.text + " "))


def a_waiting_order_was_told_confirmed(log, orders):
    wish = next(wish for wish in log.wishes if orders["waiting"] in wish.last.text)
    wish.replies = [Reply(201, [], wish.last.text.replace('"PENDING_PAYMENT"', '"CONFIRMED"'))]


def a_cancel_was_told_done(log, orders):
    log.cancels[orders["paid"]] = [Reply(200, [], "")]


def a_call_was_cut(log, orders):
    log.wishes.append(Wish("wish x", log.wishes[0].order, new_key()))


# Law -> what the clients would have seen.
TOLD = {
    "I2 a key has one answer, to the byte": is_told_twice,
    "I10 what a client saw confirmed stays confirmed, until a client cancels it":
        a_waiting_order_was_told_confirmed,
    "I10 a cancel that a client saw done stands": a_cancel_was_told_done,
    "I10 every call without an answer was resolved by asking again with its key": a_call_was_cut,
}


class Small:
    """The small installation: a few orders of each kind, and Millrace stopped, so that it mends nothing."""
    log = None
    orders = {}


def place_orders(m):
    log = ClientLog(m)
    wishes = {"paid": log.wish([(*ABC, 1)]),
              "other": log.wish([(*ABC, 1), (*DEF, 2)], codes=["SUMMER2024"], points=100),
              "declined": log.wish([(*ABC, 1)], token="pm_card_declined"),
              "cancelled": log.wish([(*ABC, 1)], points=30),
              "waiting": log.wish([(*ABC, 1)], token="pm_3ds_required", points=50),
              "cash": log.wish([(*DEF, 1)], method="cod"),
              "delivered": log.wish([(*DEF, 1)]), "refused": log.wish([(*SHORT, 9)], has_key=False)}
    for name, wish in wishes.items():
        reply = log.place(wish)
        equal(reply.status, 400 if name in ("declined", "refused") else 201, reply)
        body = reply.json
        Small.orders[name] = body.get("orderId") or body["details"].get("orderId")
        Small.orders[f"tag of {name}"] = wish.tag
    equal(log.cancel(Small.orders["cancelled"]).status, 200)
    deliver(m, Small.orders["delivered"])
    Small.orders["unknown"] = m.place().json["orderId"]
    return log


def unbroken_books_pass(m):
    Small.log = place_orders(m)
    check(m, clients=Small.log)
    m.stop_millrace()
    equal(seen(m, Small.log), set())


def seen(m, log, **allowed):
    return set(broken(m, clients=log, **allowed))


@contextlib.contextmanager
def planted(m, law):
    with contextlib.ExitStack() as stack:
        for database, statements in PLANTED[law].items():
            stack.enter_context(m.tentatively(database, statements.format(**Small.orders)))
        yield


def every_law_has_its_error(m):
    equal(set(PLANTED) | set(TOLD), set(LAWS))


def test_of(law):
    def test(m):
        with planted(m, law):
            found = broken(m, clients=Small.log)
        equal(set(found), {law}, found)
        equal(seen(m, Small.log), set(), "after it was undone")
    test.__name__ = f"seen: {law}"
    return test


def test_of_told(law):
    def test(m):
        log = copy.copy(Small.log)
        log.wishes, log.cancels = [copy.copy(wish) for wish in log.wishes], dict(log.cancels)
        for wish in log.wishes:
            wish.replies = list(wish.replies)
        TOLD[law](log, Small.orders)
        equal(seen(m, log), {law})
    test.__name__ = f"seen: {law}"
    return test


def what_is_expected_is_no_error(m):
    for law, argument, ids in [("I7 nothing needs a person", "reviews", {Small.orders["paid"]}),
                               ("I13 no event was parked by a consumer", "dead", {"EV-X"}),
                               ("I8 a hold has an order, or who will end it", "orphans", {"ORD-X"}),
                               ("I9 a held use has an order, or who will end it", "orphans", {"ORD-X"}),
                               ("I9 an order has used once what its discounts say, and nothing else",
                                "reviews", {Small.orders["other"]}),
                               ("held points have an order, or who will end it", "orphans", {"ORD-X"}),
                               (POINTS_OF_ORDERS, "reviews", {Small.orders["paid"]})]:
        with planted(m, law):
            equal(seen(m, Small.log, **{argument: ids}), set())
            equal(seen(m, Small.log, **{argument: 1}), set())
            equal(seen(m, Small.log, **{argument: {"another"}}), {law})
            equal(seen(m, Small.log, **{argument: 0}), {law})


def all_that_is_broken_is_told_at_once(m):
    laws = ["I12 everything is published",
            "I4 I5 a consumer has applied the events of every aggregate, up to the last"]
    with planted(m, laws[0]), planted(m, laws[1]):
        try:
            check(m, seconds=0, clients=Small.log)
        except LawsAreBroken as error:
            equal(set(error.found), {*laws, "I12 it comes to rest by itself"})
            assert all(f"{law}: [" in str(error) for law in error.found), error
        else:
            raise AssertionError("nothing was told")


TESTS = [unbroken_books_pass, every_law_has_its_error, *map(test_of, PLANTED), *map(test_of_told, TOLD),
         what_is_expected_is_no_error, all_that_is_broken_is_told_at_once]

if __name__ == "__main__":
    main(TESTS, Millrace("planted", sys.argv[1]))
