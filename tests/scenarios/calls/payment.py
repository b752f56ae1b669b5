"""Every RPC of the payment service, called."""

from grpc_calls import call, refuses
from millrace import equal, new_key

PAID, DECLINED, REFUNDED = 2, 3, 6


def pay(m, token="pm_1234567890", role="service"):
    payment_id = f"PAY-{new_key()}"
    return call(m, role, "payment.v1.PaymentService/ProcessPayment", payment_id=payment_id, order_id="ORD-1",
                customer_id="CUST-12345", amount_minor=4200, currency="USD", method="credit_card",
                token=token).payment


def payment_v1_PaymentService_ValidatePayment(m):
    path = "payment.v1.PaymentService/ValidatePayment"
    equal(call(m, "service", path, method="credit_card", token="pm_1234567890").valid, True)
    refused = call(m, "service", path, method="credit_card", token="nonsense")
    equal((refused.valid, refused.error), (False, "UNKNOWN_TOKEN"))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, method="barter")


def payment_v1_PaymentService_ProcessPayment(m):
    path, paid = "payment.v1.PaymentService/ProcessPayment", pay(m)
    equal((paid.status, paid.amount.minor, paid.last4), (PAID, 4200, "4242"))
    declined = pay(m, "pm_card_declined")
    equal((declined.status, declined.error), (DECLINED, "CARD_DECLINED"))
    refuses("FAILED_PRECONDITION", "PAYMENT_MISMATCH", m, "service", path, payment_id=paid.payment_id,
            order_id="ORD-1", customer_id="CUST-12345", amount_minor=4201, currency="USD",
            method="credit_card", token="pm_1234567890")


def payment_v1_PaymentService_RefundPayment(m):
    path, payment_id = "payment.v1.PaymentService/RefundPayment", pay(m).payment_id
    for _ in range(2):
        refunded = call(m, "service", path, payment_id=payment_id, reason="test").payment
        equal((refunded.status, refunded.refunded.minor), (REFUNDED, 4200))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def payment_v1_PaymentService_GetPayment(m):
    path, paid = "payment.v1.PaymentService/GetPayment", pay(m)
    equal(call(m, "admin", path, payment_id=paid.payment_id).payment, paid)
    refuses("NOT_FOUND", "PAYMENT_NOT_FOUND", m, "service", path, payment_id="PAY-NONE")
