"""Bad input of reviews: the error with its field, and nothing changed; bad_input.py runs it."""

import sys

from millrace import equal, tests_in

REVIEW = {"productId": "PROD-20002", "rating": 4, "title": "Good", "text": "It plays"}
ROWS = ("SELECT (SELECT count(*) FROM reviews), (SELECT count(*) FROM review_history),"
        "       (SELECT count(*) FROM outbox)")


def refused(m, path, body, field, token=None):
    before = m.rows("review", ROWS)
    reply = m.request("POST", f"/api/v1/reviews{path}", body, token=token)
    equal((reply.status, reply.json["error"], [v["field"] for v in reply.json["details"]["violations"]]),
          (400, "INVALID_REQUEST", [field]), reply)
    equal(m.rows("review", ROWS), before, "nothing changed")


def a_review_that_says_too_much_or_nothing(m):
    for field, value in (("productId", ""), ("productId", "P" * 65), ("productId", "PROD 1"),
                         ("productId", "PRÖD-1"), ("orderId", "O" * 65), ("rating", 0),
                         ("rating", 6), ("title", " "), ("title", "x" * 201), ("text", ""),
                         ("text", "y" * 4001), ("text", "Call 4242424242424242"), ("stars", 4)):
        refused(m, "", {**REVIEW, field: value}, field)


def a_review_as_long_as_may_be(m):
    admin = m.token("USER-ADMIN", "admin")
    review = m.request("POST", "/api/v1/reviews",
                       {**REVIEW, "title": "x" * 200, "text": "y" * 4000, "rating": 5})
    equal((review.status, len(review.json["text"])), (201, 4000), review)
    one = f"/{review.json['reviewId']}"
    for field, value in (("reason", "z" * 501), ("reason", ""), ("version", 0)):
        refused(m, f"{one}/moderate",
                {"version": 1, "decision": "REJECT", "reason": "rude", field: value}, field, admin)
    refused(m, f"{one}/moderate", {"version": 1}, "decision", admin)
    rejected = m.admin("POST", f"/api/v1/reviews{one}/moderate",
                       {"version": 1, "decision": "REJECT", "reason": "z" * 500})
    equal((rejected.status, len(rejected.json["statusReason"])), (200, 500), rejected)
    approved = m.admin("POST", f"/api/v1/reviews{one}/moderate", {"version": 2, "decision": "APPROVE"})
    equal(approved.status, 200, approved)
    refused(m, f"{one}/reply", {"text": "r" * 2001}, "text", admin)
    shown = m.admin("POST", f"/api/v1/reviews{one}/reply", {"text": "r" * 2000})
    equal((shown.status, len(shown.json["reply"]["text"])), (200, 2000), shown)


def a_link_that_is_too_long(m):
    for length, status, reason in ((400, 404, "REVIEW_LINK_INVALID"), (401, 400, "INVALID_REQUEST")):
        reply = m.request("GET", f"/api/v1/reviews/links/{'l' * length}", token="")
        equal((reply.status, reply.json["error"]), (status, reason))


def a_page_of_101_reviews(m):
    for path, token in (("", None), ("/products/PROD-67890", "")):
        equal([m.request("GET", f"/api/v1/reviews{path}?pageSize={n}", token=token).status
               for n in (100, 101)], [200, 400], path)


TESTS = tests_in(sys.modules[__name__])
