"""The laws of promotions: what orders hold and have used of campaigns."""

from laws import ENDED, SOLD, law, sql_law, unexpected
from laws_of_orders import SWEEP_S

TAKEN = """
    SELECT l.campaign_id, u.customer_id, l.amount_minor FROM usages u JOIN usage_lines l USING (order_id)
     WHERE u.status IN ('HELD', 'COMMITTED')"""

sql_law("I9 a campaign's counters are what is held and used of it", "promotion", f"""
    SELECT campaign_id, c.uses, c.spent_minor, t.uses AS taken, t.amount
      FROM campaigns c
      FULL JOIN (SELECT campaign_id, count(*) AS uses, sum(amount_minor) AS amount
                   FROM ({TAKEN}) t GROUP BY 1) t USING (campaign_id)
     WHERE c.uses IS DISTINCT FROM coalesce(t.uses, 0)
        OR c.spent_minor <> CASE WHEN c.currency IS NULL THEN 0 ELSE coalesce(t.amount, 0) END""")

sql_law("I9 a customer's counter is what is held and used by him", "promotion", f"""
    SELECT campaign_id, customer_id, c.uses, t.uses AS taken
      FROM customer_usages c
      FULL JOIN (SELECT campaign_id, customer_id, count(*) AS uses
                   FROM ({TAKEN}) t GROUP BY 1, 2) t USING (campaign_id, customer_id)
     WHERE coalesce(c.uses, 0) <> coalesce(t.uses, 0)""")

sql_law("I9 no campaign is used beyond its limits", "promotion", """
    SELECT campaign_id, uses, max_uses, spent_minor, budget_minor FROM campaigns
     WHERE uses < 0 OR spent_minor < 0 OR uses > max_uses OR spent_minor > budget_minor""")

sql_law("I9 no customer uses a campaign more often than any of its versions allowed", "promotion", """
    SELECT campaign_id, customer_id, u.uses, v.most
      FROM customer_usages u
      JOIN (SELECT campaign_id, max(max_uses_per_customer) AS most
              FROM campaign_versions GROUP BY 1 HAVING bool_and(max_uses_per_customer IS NOT NULL)) v
      USING (campaign_id)
     WHERE u.uses > v.most""")

sql_law("I9 no held use is older than its time", "promotion", f"""
    SELECT order_id, expires_at FROM usages
     WHERE status = 'HELD' AND expires_at < now() - interval '{SWEEP_S} s'""")


@law("I9 an order that ended has used no promotion")
def ended_orders_use_nothing(books):
    for order_id, order in books.orders.items():
        status = books.usages.get(order_id, {"status": "none"})["status"]
        if order["status"] in ENDED and status in ("HELD", "COMMITTED"):
            yield order_id, order["status"], status


@law("I9 an order has used once what its discounts say, and nothing else")
def orders_have_used_what_their_discounts_say(books):
    """What was given back counts as nothing; of a paid order whose uses were, a person hears."""
    statuses = dict.fromkeys(SOLD, "COMMITTED") | {"PENDING_PAYMENT": "HELD"}
    found = []
    for order_id, order in books.orders.items():
        if order["status"] not in statuses:
            continue
        status = books.usages.get(order_id, {"status": "none"})["status"]
        is_taken = status in ("HELD", "COMMITTED")
        taken = books.uses_taken.get(order_id, []) if is_taken else []
        wanted = books.uses_wanted.get(order_id, [])
        if sorted(taken) != sorted(wanted) or (is_taken and status != statuses[order["status"]]):
            found.append((order_id, order["status"], status, wanted, taken))
    return unexpected(found, books.reviews)


@law("I9 a held use has an order, or who will end it")
def held_uses_have_reasons(books):
    found = [(order_id, usage["status"]) for order_id, usage in books.usages.items()
             if usage["status"] == "HELD" and order_id not in books.orders]
    return unexpected(found, books.orphans)


@law("I9 nothing is used without an order")
def used_has_an_order(books):
    for order_id, usage in books.usages.items():
        if usage["status"] == "COMMITTED" and order_id not in books.orders:
            yield order_id, usage["status"]
