"""Every RPC of the promotion service, called."""

from grpc_calls import call, refuses
from millrace import equal, new_key

HELD, COMMITTED, RELEASED = 1, 2, 3
UNKNOWN_CODE, NOT_STARTED, EXPIRED, MIN_ORDER_NOT_MET = 1, 2, 3, 6
# The sample order of document 000.
CART = {"currency": "USD", "lines": [
    {"sku": "SKU-ABC-001", "product_id": "PROD-67890", "quantity": 2, "unit_price_minor": 24999},
    {"sku": "SKU-DEF-002", "product_id": "PROD-11111", "quantity": 1, "unit_price_minor": 15000}]}
SHOPPER = {"customer_id": "CUST-12345", "tier": "gold", "segments": ["new"]}
CODES = ["SUMMER2024", "WINTER2020", "FUTURE2099", "BIG1000", "NONE"]


def rules(**changes):
    return {"type": "cart", "discount_type": "percentage", "description": "10% off", "percent_bp": 1000,
            "code": f"C-{new_key()}".upper()[:64], **changes}


def create(m, key=None, **changes):
    path = "promotion.v1.PromotionService/CreateCampaign"
    return call(m, "admin", path, key, rules=rules(**changes)).campaign


def get(m, campaign_id, role="admin"):
    return call(m, role, "promotion.v1.PromotionService/GetCampaign", campaign_id=campaign_id).campaign


def use_of(campaign, order_id=None, **changes):
    """A request to hold one use of the campaign, for an order of its own."""
    return {"order_id": order_id or f"ORD-{new_key()}", "customer_id": "CUST-12345", "currency": "USD",
            "lines": [{"campaign_id": campaign.campaign_id, "version": 1, "amount_minor": 6500}], **changes}


def hold(m, campaign):
    wanted = use_of(campaign)
    equal(call(m, "service", "promotion.v1.PromotionService/HoldUsage", **wanted).usage.status, HELD)
    return wanted["order_id"]


def promotion_v1_PromotionService_Evaluate(m):
    path = "promotion.v1.PromotionService/Evaluate"
    answer = call(m, "service", path, codes=CODES, **SHOPPER, **CART)
    equal([(p.code, p.amount.minor, [amount.minor for amount in p.line_amounts]) for p in answer.applied],
          [("SUMMER2024", 6500, [5000, 1500])], "no automatic campaign of the demo is for the sample order")
    equal({p.code: p.reason for p in answer.refused if p.code},
          {"WINTER2020": EXPIRED, "FUTURE2099": NOT_STARTED, "BIG1000": MIN_ORDER_NOT_MET,
           "NONE": UNKNOWN_CODE})
    equal((answer.total.minor, answer.is_best), (6500, True))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, **SHOPPER, **{**CART, "currency": "X"})


def promotion_v1_PromotionService_ListApplicable(m):
    path = "promotion.v1.PromotionService/ListApplicable"
    answer = call(m, "customer", path, codes=CODES, **CART)
    equal([(p.code, p.applicable, p.reason) for p in answer.promotions],
          [("SUMMER2024", True, 0), ("WINTER2020", False, EXPIRED), ("FUTURE2099", False, NOT_STARTED),
           ("BIG1000", False, MIN_ORDER_NOT_MET), ("NONE", False, UNKNOWN_CODE)])
    equal((answer.promotions[0].description, answer.total.minor), ("Summer Sale - 10% off", 6500))
    shown = m.request("POST", "/api/v1/promotions/applicable", {
        "currency": "USD", "codes": ["SUMMER2024"],
        "lines": [{"sku": "SKU-DEF-002", "productId": "PROD-11111", "quantity": 1, "unitPriceMinor": 15000}]})
    equal(shown.json, {"promotions": [{"code": "SUMMER2024", "description": "Summer Sale - 10% off",
                                       "discount": 15, "applicable": True}], "total": 15})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "customer", path, **{**CART, "codes": ["A", "A"]})


def promotion_v1_PromotionService_HoldUsage(m):
    path, campaign = "promotion.v1.PromotionService/HoldUsage", create(m, max_uses=1)
    wanted = use_of(campaign)
    usage = call(m, "service", path, **wanted).usage
    equal(call(m, "service", path, **wanted).usage, usage, "asked again")
    equal((usage.status, usage.lines[0].amount_minor, get(m, campaign.campaign_id).uses), (HELD, 6500, 1))
    refuses("FAILED_PRECONDITION", "USAGE_MISMATCH", m, "service", path,
            **{**wanted, "customer_id": "CUST-99999"})
    refuses("FAILED_PRECONDITION", "PROMOTION_EXHAUSTED", m, "service", path, **use_of(campaign))
    campaign.campaign_id = "CMP-NONE"
    refuses("NOT_FOUND", "CAMPAIGN_NOT_FOUND", m, "service", path, **use_of(campaign))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def promotion_v1_PromotionService_CommitUsage(m):
    path, order_id = "promotion.v1.PromotionService/CommitUsage", hold(m, create(m))
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id, "ORD-NONE"]).statuses), [COMMITTED, 0])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)
    told = m.request("POST", "/api/v1/promotions/track-usage", {"orderIds": [order_id]})
    equal((told.status, told.json["error"]), (403, "PERMISSION_DENIED"), "a customer counts no use")


def promotion_v1_PromotionService_ReleaseUsage(m):
    path, campaign = "promotion.v1.PromotionService/ReleaseUsage", create(m)
    order_id = hold(m, campaign)
    for _ in range(2):
        equal(list(call(m, "service", path, order_ids=[order_id]).statuses), [RELEASED])
    equal(get(m, campaign.campaign_id).uses, 0)
    refuses("FAILED_PRECONDITION", "USAGE_CLOSED", m, "service", "promotion.v1.PromotionService/HoldUsage",
            **use_of(campaign, order_id))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def promotion_v1_PromotionService_CreateCampaign(m):
    path, key = "promotion.v1.PromotionService/CreateCampaign", new_key()
    wanted = rules()
    campaign = call(m, "admin", path, key, rules=wanted).campaign
    equal(call(m, "admin", path, key, rules=wanted).campaign, campaign, "once per key")
    equal((campaign.version, campaign.rules.code, campaign.uses), (1, wanted["code"], 0))
    refuses("ALREADY_EXISTS", "CODE_TAKEN", m, "admin", path, rules=wanted)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, rules=rules(percent_bp=0))
    made = m.admin("POST", "/api/v1/promotions/campaigns",
                   {"rules": {"type": "cart", "discountType": "percentage", "description": "over REST",
                              "percentBp": 1, "code": rules()["code"], "endsAt": "1970-01-01T00:00:00Z"}})
    equal((made.status, [v["field"] for v in made.json["details"]["violations"]]), (400, ["rules.endsAt"]))


def promotion_v1_PromotionService_UpdateCampaign(m):
    path, campaign = "promotion.v1.PromotionService/UpdateCampaign", create(m)
    change = {"campaign_id": campaign.campaign_id, "version": 1,
              "rules": rules(code=campaign.rules.code, percent_bp=2000)}
    changed = call(m, "admin", path, **change).campaign
    equal((changed.version, changed.rules.percent_bp), (2, 2000))
    refuses("ABORTED", "CAMPAIGN_CHANGED", m, "admin", path, **change)
    refuses("ALREADY_EXISTS", "CODE_TAKEN", m, "admin", path,
            **{**change, "version": 2, "rules": rules(code="SUMMER2024")})
    refuses("NOT_FOUND", "CAMPAIGN_NOT_FOUND", m, "admin", path, **{**change, "campaign_id": "CMP-NONE"})
    again = m.admin("PUT", f"/api/v1/promotions/campaigns/{campaign.campaign_id}", {"version": 1, "rules": {
        "type": "cart", "discountType": "percentage", "description": "late", "percentBp": 1}})
    equal((again.status, again.json["error"], again.json["details"]["version"]), (409, "CAMPAIGN_CHANGED", 2))


def promotion_v1_PromotionService_GetCampaign(m):
    campaign = create(m)
    for role in ("admin", "service"):
        equal(get(m, campaign.campaign_id, role), campaign, role)
    refuses("NOT_FOUND", "CAMPAIGN_NOT_FOUND", m, "admin", "promotion.v1.PromotionService/GetCampaign",
            campaign_id="CMP-NONE")


def promotion_v1_PromotionService_ListCampaigns(m):
    path, older, newer = "promotion.v1.PromotionService/ListCampaigns", create(m), create(m)
    first = call(m, "admin", path, page_size=1)
    second = call(m, "admin", path, page_size=1, cursor=first.next_cursor)
    equal((list(first.campaigns), list(second.campaigns)), ([newer], [older]))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path, cursor="nonsense")
