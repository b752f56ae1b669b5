"""Every RPC of the review service, called."""

import json

from calls.order import place
from delivery import deliver
from grpc_calls import call, refuses
from millrace import equal, new_key, wait_until

PENDING, APPROVED, REJECTED, WITHDRAWN = 1, 2, 3, 4
SCHEDULED, SENT = 1, 2
APPROVE, REJECT = 1, 2
BY_RATING = 2
SAID = {"rating": 4, "title": "Good", "text": "It plays well."}


def path(method):
    return f"review.v1.ReviewService/{method}"


def review_of(m, product_id=None, key=None, **changes):
    return call(m, "customer", path("CreateReview"), key,
                **{"product_id": product_id or f"PROD-{new_key()}", **SAID, **changes}).review


def moderate(m, review, decision=APPROVE, **fields):
    return call(m, "admin", path("ModerateReview"), review_id=review.review_id, version=review.version,
                decision=decision, **fields).review


def withdraw(m, review):
    return call(m, "customer", path("WithdrawReview"), review_id=review.review_id,
                version=review.version).review


def bought(m):
    """An order of PROD-11111 that came to its customer."""
    order = place(m)
    deliver(m, order.order_id)
    return order


def review_v1_ReviewService_CreateReview(m):
    order, key = bought(m), new_key()
    wanted = {"product_id": "PROD-11111", "order_id": order.order_number}
    review = review_of(m, key=key, **wanted)
    equal(review_of(m, key=key, **wanted), review, "once per key")
    equal((review.version, review.status, review.is_verified, review.order_id, review.seller_id),
          (1, PENDING, True, order.order_id, "SELLER-1"))
    refuses("ALREADY_EXISTS", "REVIEW_EXISTS", m, "customer", path("CreateReview"), **wanted, **SAID)
    withdraw(m, review)
    equal(review_of(m).is_verified, False, "no order, no verified purchase")
    for change, code, reason in (
            ({"order_id": place(m).order_id}, "FAILED_PRECONDITION", "ORDER_NOT_DELIVERED"),
            ({"order_id": "ORD-NONE"}, "NOT_FOUND", "ORDER_NOT_FOUND"),
            ({"product_id": "PROD-67890"}, "FAILED_PRECONDITION", "PRODUCT_NOT_IN_ORDER"),
            ({"rating": 6}, "INVALID_ARGUMENT", "INVALID_REQUEST"),
            ({"rating": 0}, "INVALID_ARGUMENT", "INVALID_REQUEST"),
            ({"title": " "}, "INVALID_ARGUMENT", "INVALID_REQUEST"),
            ({"text": "x" * 4001}, "INVALID_ARGUMENT", "INVALID_REQUEST")):
        refuses(code, reason, m, "customer", path("CreateReview"), **{**wanted, **SAID, **change})
    told = m.request("POST", "/api/v1/reviews",
                     {"productId": "PROD-11111", "orderId": order.order_id, **SAID},
                     token=m.token("CUST-STRANGER"))
    equal((told.status, told.json["error"]), (403, "ORDER_CUSTOMER_MISMATCH"))


def review_v1_ReviewService_EditReview(m):
    review = moderate(m, review_of(m))
    change = {"review_id": review.review_id, "version": 2, "rating": 1, "title": "Bad", "text": "It broke."}
    edited = call(m, "customer", path("EditReview"), **change).review
    equal((edited.version, edited.status, edited.rating, edited.text), (3, PENDING, 1, "It broke."))
    refuses("ABORTED", "REVIEW_CHANGED", m, "customer", path("EditReview"), **change)
    refuses("NOT_FOUND", "REVIEW_NOT_FOUND", m, "customer", path("EditReview"),
            **{**change, "review_id": "REV-NONE"})
    told = m.request("PUT", f"/api/v1/reviews/{review.review_id}", {"version": 3, **SAID},
                     token=m.token("CUST-STRANGER"))
    equal((told.status, told.json["error"]), (404, "REVIEW_NOT_FOUND"), "it is another customer's")


def review_v1_ReviewService_WithdrawReview(m):
    review = moderate(m, review_of(m))
    gone = withdraw(m, review)
    equal((gone.version, gone.status, gone.title, gone.text), (3, WITHDRAWN, "", ""))
    refuses("NOT_FOUND", "REVIEW_NOT_FOUND", m, "customer", path("WithdrawReview"),
            review_id=review.review_id, version=3)
    equal(rating(m, review.product_id).review_count, 0)
    equal(review_of(m, review.product_id).version, 1, "another one may be written")


def review_v1_ReviewService_ModerateReview(m):
    review = review_of(m)
    approved = moderate(m, review)
    equal((approved.version, approved.status), (2, APPROVED))
    rejected = moderate(m, approved, REJECT, reason="It names a person")
    equal((rejected.version, rejected.status, rejected.status_reason), (3, REJECTED, "It names a person"))
    wrong = {"review_id": review.review_id, "version": 3}
    for fields in ({"decision": REJECT}, {}, {"decision": APPROVE, "reason": "fine"}, {"decision": 3}):
        refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path("ModerateReview"), **wrong, **fields)
    refuses("ABORTED", "REVIEW_CHANGED", m, "admin", path("ModerateReview"), **{**wrong, "version": 2},
            decision=APPROVE)
    refuses("NOT_FOUND", "REVIEW_NOT_FOUND", m, "admin", path("ModerateReview"), review_id="REV-NONE",
            version=1, decision=APPROVE)
    told = m.admin("POST", f"/api/v1/reviews/{review.review_id}/moderate",
                   {"version": 1, "decision": "APPROVE"})
    equal((told.status, told.json["error"], told.json["details"]["version"]), (409, "REVIEW_CHANGED", 3))


def review_v1_ReviewService_ReplyToReview(m):
    order = bought(m)
    review = review_of(m, "PROD-11111", order_id=order.order_id)
    reply = {"review_id": review.review_id, "text": "Thank you"}
    refuses("NOT_FOUND", "REVIEW_NOT_FOUND", m, "seller", path("ReplyToReview"), **reply)
    review = moderate(m, review)
    shown = call(m, "seller", path("ReplyToReview"), **reply).review
    equal((shown.reply.text, shown.text), ("Thank you", SAID["text"]))
    told = m.request("POST", f"/api/v1/reviews/{review.review_id}/reply", {"text": "Mine"},
                     token=m.token("SELLER-2", "seller"))
    equal((told.status, told.json["error"]), (404, "REVIEW_NOT_FOUND"), "another one sold it")
    review.version += 1
    withdraw(m, review)


def review_v1_ReviewService_GetReview(m):
    review = moderate(m, review_of(m))
    answer = call(m, "customer", path("GetReview"), review_id=review.review_id)
    equal((answer.review, len(answer.history)), (review, 0))
    answer = call(m, "admin", path("GetReview"), review_id=review.review_id)
    equal([(entry.version, entry.status, entry.actor) for entry in answer.history],
          [(2, APPROVED, "USER-ADMIN"), (1, PENDING, "CUST-12345")])
    refuses("NOT_FOUND", "REVIEW_NOT_FOUND", m, "customer", path("GetReview"), review_id="REV-NONE")
    equal(m.request("GET", f"/api/v1/reviews/{review.review_id}", token=m.token("CUST-STRANGER")).status, 404)


def review_v1_ReviewService_ListReviews(m):
    older, newer = review_of(m), moderate(m, review_of(m))
    first = call(m, "customer", path("ListReviews"), page_size=1)
    second = call(m, "customer", path("ListReviews"), page_size=1, cursor=first.next_cursor)
    equal((list(first.reviews), list(second.reviews)), ([newer], [older]))
    equal(call(m, "admin", path("ListReviews"), customer_id="CUST-12345", page_size=1).reviews[0], newer)
    equal(call(m, "admin", path("ListReviews"), status=PENDING, page_size=1).reviews[0], older)
    refuses("PERMISSION_DENIED", "PERMISSION_DENIED", m, "customer", path("ListReviews"),
            customer_id="CUST-STRANGER")
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path("ListReviews"), page_size=101)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path("ListReviews"), cursor="nonsense")


def review_v1_ReviewService_ListPendingReviews(m):
    mine, seen, cursor = review_of(m).review_id, [], ""
    while mine not in seen:
        page = call(m, "admin", path("ListPendingReviews"), page_size=30, cursor=cursor)
        assert {review.status for review in page.reviews} == {PENDING}, page
        seen += [review.review_id for review in page.reviews]
        cursor = page.next_cursor
        assert cursor or mine in seen, seen
    equal(seen[-1], mine, "the last one to come")
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path("ListPendingReviews"), cursor="nonsense")


def review_v1_ReviewService_ListProductReviews(m):
    product = f"PROD-{new_key()}"
    review = review_of(m, product)
    equal(len(call(m, None, path("ListProductReviews"), product_id=product).reviews), 0, "not approved yet")
    moderate(m, review)
    shown = call(m, None, path("ListProductReviews"), product_id=product, order=BY_RATING).reviews
    equal([(r.review_id, r.rating, r.title, r.text, r.is_verified) for r in shown],
          [(review.review_id, 4, "Good", "It plays well.", False)])
    told = m.request("GET", f"/api/v1/reviews/products/{product}?order=RATING", token="")
    equal((told.status, [r["reviewId"] for r in told.json["reviews"]]), (200, [review.review_id]))
    assert "CUST-12345" not in told.text, "nobody is told whose it is"
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path("ListProductReviews"))


def rating(m, product_id):
    return call(m, None, path("GetProductRating"), product_id=product_id).rating


def review_v1_ReviewService_GetProductRating(m):
    review = moderate(m, review_of(m))
    shown = rating(m, review.product_id)
    equal((shown.review_count, shown.average_hundredths, list(shown.star_counts)), (1, 400, [0, 0, 0, 1, 0]))
    told = m.request("GET", f"/api/v1/reviews/products/{review.product_id}/rating", token="")
    equal(told.json, {"productId": review.product_id, "reviewCount": 1, "averageHundredths": 400,
                      "starCounts": [0, 0, 0, 1, 0]})
    equal(rating(m, "PROD-NONE").review_count, 0)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path("GetProductRating"))


def request_of(m, order_id, role="admin"):
    return call(m, role, path("GetRequestForReview"), order_id=order_id).request


def is_known(m, order_id):
    return m.value("review", f"SELECT count(*) FROM review_requests WHERE order_id = '{order_id}'")


def review_v1_ReviewService_GetRequestForReview(m):
    order = bought(m)
    wait_until(lambda: is_known(m, order.order_id), "the delivery is heard of")
    request = request_of(m, order.order_id)
    equal((request.customer_id, request.status, [product.product_id for product in request.products]),
          ("CUST-12345", SCHEDULED, ["PROD-11111"]))
    equal(request_of(m, order.order_id, "service"), request)
    refuses("NOT_FOUND", "REVIEW_REQUEST_NOT_FOUND", m, "admin", path("GetRequestForReview"),
            order_id="ORD-NONE")


def review_v1_ReviewService_OpenReviewLink(m):
    order_id = bought(m).order_id
    wait_until(lambda: is_known(m, order_id), "the delivery is heard of")
    m.execute("review", f"UPDATE review_requests SET due_at = now() WHERE order_id = '{order_id}'")
    wait_until(lambda: request_of(m, order_id).status == SENT, "the request is sent", 60)
    event = json.loads(m.value("review", f"SELECT payload FROM outbox WHERE aggregate_id = '{order_id}'"))
    address = event["data"]["request"]["products"][0]["link"]
    link = address.rpartition("/")[2]
    opened = call(m, None, path("OpenReviewLink"), link=link)
    equal((opened.order_id, opened.product_id, opened.product_name),
          (order_id, "PROD-11111", "Portable Bluetooth Speaker"))
    told = m.request("GET", address[address.index("/api/"):], token="")
    equal((told.status, told.json["productId"]), (200, "PROD-11111"))
    refuses("NOT_FOUND", "REVIEW_LINK_INVALID", m, None, path("OpenReviewLink"), link=link[:-1])
    m.execute("review", f"UPDATE review_requests SET taken_back_at = now() WHERE order_id = '{order_id}'")
    refuses("FAILED_PRECONDITION", "REVIEW_LINK_EXPIRED", m, None, path("OpenReviewLink"), link=link)
    equal(m.request("GET", f"/api/v1/reviews/links/{link}", token="").status, 410)
