"""The laws, held against an installation that has come to rest; all that are broken are told at once.

They are written down in laws_of_orders.py, laws_of_money.py, laws_of_promotions.py, laws_of_customers.py,
laws_of_shipping.py, laws_of_reviews.py and laws_of_clients.py. Errors of each law are planted by
tests/scenarios/planted_errors.py, so that a law that sees nothing is found out.
"""

import laws_of_clients  # noqa: F401  to import laws is to enter them into LAWS
import laws_of_customers  # noqa: F401
import laws_of_money  # noqa: F401
import laws_of_orders  # noqa: F401
import laws_of_promotions  # noqa: F401
import laws_of_reviews  # noqa: F401
import laws_of_shipping  # noqa: F401
from laws import LAWS, SAGA_ENDS, Books
from millrace import wait_until
from services import CONSUMERS

SHOWN = 5

# What services have still to do for what they consumed, which therefore is looked at last.
AFTER_ORDERS = {
    "shipping": "SELECT count(*) FROM outbox WHERE processed_at IS NULL",
    "review": "SELECT (SELECT count(*) FROM outbox WHERE processed_at IS NULL)"
              "     + (SELECT count(*) FROM review_requests WHERE status = 'SCHEDULED' AND due_at < now())",
}


def broken(millrace, **allowed):
    """Law -> what breaks it, of all laws that are broken."""
    books = Books(millrace, **allowed)
    found = {name: list(judge(books)) for name, judge in LAWS.items()}
    return {name: rows for name, rows in found.items() if rows}


def is_at_rest(millrace):
    """I12: everything published, applied and acknowledged, no machine step open."""
    ends = ", ".join(f"'{step}'" for step in SAGA_ENDS)
    waiting = millrace.value("order", f"""
        SELECT (SELECT count(*) FROM outbox WHERE processed_at IS NULL)
             + (SELECT count(*) FROM order_sagas WHERE step::text NOT IN ({ends}))""")
    if waiting or millrace.value("warehouse", "SELECT count(*) FROM reservations "
                                              "WHERE status = 'ACTIVE' AND expires_at < now()"):
        return False
    if millrace.value("promotion", "SELECT count(*) FROM usages "
                                   "WHERE status = 'HELD' AND expires_at < now()"):
        return False
    written = millrace.value("order", "SELECT coalesce(sum(version), 0) FROM orders")
    if not all(is_up_to_date(millrace, consumer, written) for consumer in CONSUMERS):
        return False
    return not any(millrace.value(service, waiting) for service, waiting in AFTER_ORDERS.items())


def is_up_to_date(millrace, consumer, written):
    """It has applied as many events of orders as were written, and acknowledged all."""
    applied = millrace.value(consumer, f"SELECT coalesce(sum(version), 0) FROM inbox "
                                       f"WHERE consumer = '{consumer}' AND aggregate_type = 'order'")
    return written == applied and millrace.consumer(consumer)["num_ack_pending"] == 0


class LawsAreBroken(AssertionError):
    """found: law -> what breaks it."""

    def __init__(self, found):
        lines = [f"{len(found)} laws are broken"]
        for name, rows in found.items():
            more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
            lines.append(f"{name}: {rows[:SHOWN]}{more}")
        super().__init__("\n  ".join(lines))
        self.found = found


def settle(millrace, seconds=60):
    """I12: what keeps the installation from coming to rest in time; None when it has."""
    try:
        wait_until(lambda: is_at_rest(millrace), "the outbox, the sagas and the consumer are at rest",
                   seconds)
    except AssertionError as error:
        return str(error)
    return None


def check(millrace, seconds=60, **allowed):
    """Waits until the installation is at rest, then holds every law against it, and tells all that are
    broken."""
    late = settle(millrace, seconds)
    found = broken(millrace, **allowed)
    if late:
        found["I12 it comes to rest by itself"] = [late]
    if found:
        raise LawsAreBroken(found)
