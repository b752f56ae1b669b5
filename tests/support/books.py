"""The laws, held against an installation that has come to rest; all that are broken are told at once.

They are written down in laws_of_orders.py, laws_of_money.py, laws_of_promotions.py, laws_of_customers.py,
laws_of_points.py, laws_of_shipping.py, laws_of_reviews.py and laws_of_clients.py. Errors of each law are
planted by tests/scenarios/planted_errors.py, so that a law that sees nothing is found out.
"""

import laws_of_clients  # noqa: F401  to import laws is to enter them into LAWS
import laws_of_customers  # noqa: F401
import laws_of_money  # noqa: F401
import laws_of_orders  # noqa: F401
import laws_of_points  # noqa: F401
import laws_of_promotions  # noqa: F401
import laws_of_reviews  # noqa: F401
import laws_of_shipping  # noqa: F401
from laws import AGGREGATES, LAWS, SAGA_ENDS, Books
from millrace import wait_until
from services import CONSUMERS, PUBLISHERS

SHOWN = 5


def broken(millrace, **allowed):
    """Law -> what breaks it, of all laws that are broken."""
    books = Books(millrace, **allowed)
    found = {name: list(judge(books)) for name, judge in LAWS.items()}
    return {name: rows for name, rows in found.items() if rows}


def is_at_rest(millrace):
    """I12: everything published, applied and acknowledged, no machine step open.

    What applies an event may write one, or ask for a review, and orders and shipments answer each other. So
    requests and outboxes come behind the consumers, and no event may have been written since the first look:
    nobody had anything to apply then, or has now.
    """
    written = events_written(millrace)
    return (not has_open_steps(millrace)
            and all(is_up_to_date(millrace, consumer, written[kind]) for consumer, kind in CONSUMERS.items())
            and not has_due_requests(millrace)
            and not any(millrace.value(publisher, "SELECT count(*) FROM outbox WHERE processed_at IS NULL")
                        for publisher in PUBLISHERS)
            and events_written(millrace) == written)


def events_written(millrace):
    """Type of aggregates -> how many events of theirs were written."""
    return {kind: millrace.value(database, f"SELECT coalesce(sum(version), 0) FROM ({versions}) v")
            for kind, (database, versions) in AGGREGATES.items()}


def has_open_steps(millrace):
    ends = ", ".join(f"'{step}'" for step in SAGA_ENDS)
    return bool(
        millrace.value("order", f"SELECT count(*) FROM order_sagas WHERE step::text NOT IN ({ends})")
        or millrace.value("warehouse", "SELECT count(*) FROM reservations "
                                       "WHERE status = 'ACTIVE' AND expires_at < now()")
        or millrace.value("promotion", "SELECT count(*) FROM usages "
                                       "WHERE status = 'HELD' AND expires_at < now()")
        or millrace.value("customer", "SELECT count(*) FROM point_holds "
                                      "WHERE status = 'HELD' AND expires_at < now()"))


def has_due_requests(millrace):
    return bool(millrace.value("review", "SELECT count(*) FROM review_requests "
                                         "WHERE status = 'SCHEDULED' AND due_at < now()"))


def is_up_to_date(millrace, consumer, written):
    """It has applied as many events as were written, and acknowledged all."""
    applied = millrace.value(consumer, f"SELECT coalesce(sum(version), 0) FROM inbox WHERE consumer = "
                                       f"'{consumer}' AND aggregate_type = '{CONSUMERS[consumer]}'")
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
