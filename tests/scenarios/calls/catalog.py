"""Every RPC of the catalog, called."""

from grpc_calls import SUBJECTS, call, refuses
from millrace import equal, new_key

CATALOG = "catalog.v1.CatalogService"
ABC = {"sku": "SKU-ABC-001", "product_id": "PROD-67890"}
PRICE_MINOR = 24999
CONTENT = {"name": "Travel Mug", "category_id": "CAT-KITCHEN", "base_price_minor": 2190, "currency": "USD",
           "active": True, "attributes": [{"name": "volume", "value": "400 ml"}]}


def create(m, role="admin", key=None, **fields):
    """Adds a product of SELLER-1 with a SKU of its own."""
    wanted = {"sku": f"SKU-{new_key()}", "seller_id": "SELLER-1", "content": CONTENT, **fields}
    return call(m, role, f"{CATALOG}/CreateProduct", key, **wanted).product


def price_of(pricing, degraded):
    """What a unit costs: the base price when nobody else knows one."""
    assert pricing.rules_version > 0 or "pricing" in degraded, pricing
    return pricing.unit_price.minor


def catalog_v1_CatalogService_GetProducts(m):
    path = f"{CATALOG}/GetProducts"
    for role in ("service", "admin"):
        answer = call(m, role, path, skus=["SKU-NONE", ABC["sku"]])
        none, found = answer.products
        equal((none.sku, none.product_id, found.sku, found.product_id), ("SKU-NONE", "", *ABC.values()), role)
        equal((found.name, found.is_for_sale, found.seller_id, list(found.category_ids), found.tax_class,
               found.base_price.minor, found.base_price.currency),
              ("Premium Wireless Headphones", True, "SELLER-1", ["CAT-AUDIO", "CAT-ELECTRONICS"], "standard",
               PRICE_MINOR, "USD"))
        assert answer.as_of.seconds > 0
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path, skus=["SKU-NONE"] * 101)


def catalog_v1_CatalogService_GetProduct(m):
    path = f"{CATALOG}/GetProduct"
    for role in (None, *SUBJECTS):
        product = call(m, role, path, product_id=ABC["product_id"]).product
        equal((product.sku, product.base_price.minor, product.version), (ABC["sku"], PRICE_MINOR, 1), role)
    refuses("NOT_FOUND", "PRODUCT_NOT_FOUND", m, None, path, product_id="PROD-NONE")


def catalog_v1_CatalogService_ListProducts(m):
    path = f"{CATALOG}/ListProducts"
    found = call(m, None, path, q="wireless headphones").products
    assert ABC["sku"] in [product.sku for product in found], found
    found = call(m, None, path, category_id="CAT-ELECTRONICS", currency="EUR", max_price_minor=20000).products
    equal({product.sku for product in found}, {"SKU-PHO-204", "SKU-ELE-305"})
    seen, cursor = [], ""
    while cursor is not None:
        page = call(m, None, path, category_id="CAT-AUDIO", page_size=2, cursor=cursor)
        seen += [product.sku for product in page.products]
        cursor = page.next_cursor or None
    equal((len(seen), len(set(seen))), (9, 9))
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path, cursor="nonsense")
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path, min_price_minor=1)
    for role in (None, "customer", "service"):
        refuses("PERMISSION_DENIED", "SELLER_MISMATCH", m, role, path, include_inactive=True)
    call(m, "seller", path, include_inactive=True, seller_id=SUBJECTS["seller"])
    call(m, "admin", path, include_inactive=True)


def catalog_v1_CatalogService_GetCompleteProduct(m):
    path = f"{CATALOG}/GetCompleteProduct"
    for role in (None, *SUBJECTS):
        product = call(m, role, path, product_id=ABC["product_id"], quantity=2,
                       warehouse_id="US-WEST-01").product
        equal((product.sku, product.details.sku, product.pricing.quantity), (ABC["sku"], ABC["sku"], 2), role)
        equal(product.pricing.total_price.minor, 2 * price_of(product.pricing, product.degraded))
        equal(product.stock.available, m.available(ABC["sku"]))
        assert "stock" not in product.degraded
    refuses("NOT_FOUND", "PRODUCT_NOT_FOUND", m, None, path, product_id="PROD-NONE")
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, None, path, product_id=ABC["product_id"],
            currency="XXX")


def catalog_v1_CatalogService_CompleteProducts(m):
    path = f"{CATALOG}/CompleteProducts"
    lines = [{"sku": "SKU-NONE"}, {"sku": ABC["sku"], "quantity": 3, "warehouse_id": "US-WEST-01"}]
    for role in ("service", "admin"):
        none, found = call(m, role, path, lines=lines, tier="gold").products
        equal((none.sku, none.HasField("details"), none.HasField("pricing")), ("SKU-NONE", False, False))
        equal((found.details.product_id, found.pricing.quantity), (ABC["product_id"], 3))
        equal([stock.warehouse_id for stock in found.stock.warehouses], ["US-WEST-01"])
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "service", path)


def catalog_v1_CatalogService_GetProductPricing(m):
    path = f"{CATALOG}/GetProductPricing"
    answer = call(m, None, path, product_id=ABC["product_id"])
    equal((answer.product_id, answer.sku, answer.pricing.quantity), (ABC["product_id"], ABC["sku"], 1))
    equal((answer.pricing.currency, price_of(answer.pricing, answer.degraded)), ("USD", PRICE_MINOR))
    refuses("NOT_FOUND", "PRODUCT_NOT_FOUND", m, None, path, product_id="PROD-NONE")


def catalog_v1_CatalogService_CreateProduct(m):
    path, key = f"{CATALOG}/CreateProduct", new_key()
    wanted = {"sku": f"SKU-{new_key()}", "seller_id": "SELLER-1", "content": CONTENT}
    product = create(m, key=key, **wanted)
    equal((product.sku, product.seller_id, product.version, product.is_for_sale),
          (wanted["sku"], "SELLER-1", 1, True))
    equal(create(m, key=key, **wanted), product, "once per key")
    equal(create(m, "seller", seller_id="").seller_id, SUBJECTS["seller"])
    refuses("ALREADY_EXISTS", "SKU_TAKEN", m, "admin", path, **wanted)
    refuses("PERMISSION_DENIED", "SELLER_MISMATCH", m, "seller", path, **{**wanted, "seller_id": "SELLER-2"})
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path,
            sku=f"SKU-{new_key()}", content={**CONTENT, "category_id": "CAT-NONE"})


def catalog_v1_CatalogService_UpdateProduct(m):
    path, product = f"{CATALOG}/UpdateProduct", create(m)
    wanted = {"product_id": product.product_id, "version": 1, "content": {**CONTENT, "active": False}}
    changed = call(m, "seller", path, **wanted).product
    equal((changed.version, changed.sku, changed.is_for_sale), (2, product.sku, False))
    refuses("ABORTED", "PRODUCT_CHANGED", m, "admin", path, **wanted)
    no_price = {name: value for name, value in CONTENT.items() if name != "base_price_minor"}
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path,
            **{**wanted, "version": 2, "content": no_price})
    refuses("NOT_FOUND", "PRODUCT_NOT_FOUND", m, "admin", path, **{**wanted, "product_id": "PROD-NONE"})
    foreign = create(m, seller_id="SELLER-2")
    refuses("PERMISSION_DENIED", "SELLER_MISMATCH", m, "seller", path,
            **{**wanted, "product_id": foreign.product_id})


def catalog_v1_CatalogService_CreateSeller(m):
    path, key = f"{CATALOG}/CreateSeller", new_key()
    wanted = {"seller_id": f"SELLER-{new_key()}", "name": "New", "active": True}
    seller = call(m, "admin", path, key, **wanted).seller
    equal((seller.seller_id, seller.name, seller.active, seller.version),
          (wanted["seller_id"], "New", True, 1))
    equal(call(m, "admin", path, key, **wanted).seller, seller, "once per key")
    refuses("ALREADY_EXISTS", "SELLER_TAKEN", m, "admin", path, **wanted)


def catalog_v1_CatalogService_UpdateSeller(m):
    path, seller_id = f"{CATALOG}/UpdateSeller", f"SELLER-{new_key()}"
    call(m, "admin", f"{CATALOG}/CreateSeller", seller_id=seller_id, name="New", active=True)
    product = create(m, seller_id=seller_id)
    wanted = {"seller_id": seller_id, "version": 1, "name": "Closed", "active": False}
    equal(call(m, "admin", path, **wanted).seller.version, 2)
    facts = call(m, "service", f"{CATALOG}/GetProducts", skus=[product.sku]).products[0]
    equal((facts.product_id, facts.is_for_sale), (product.product_id, False))
    refuses("ABORTED", "SELLER_CHANGED", m, "admin", path, **wanted)
    refuses("NOT_FOUND", "SELLER_NOT_FOUND", m, "admin", path, **{**wanted, "seller_id": "SELLER-NONE"})


def catalog_v1_CatalogService_CreateCategory(m):
    path, key = f"{CATALOG}/CreateCategory", new_key()
    wanted = {"category_id": f"CAT-{new_key()}", "name": "New", "parent_id": "CAT-AUDIO"}
    category = call(m, "admin", path, key, **wanted).category
    equal((category.category_id, category.parent_id), (wanted["category_id"], "CAT-AUDIO"))
    equal(call(m, "admin", path, key, **wanted).category, category, "once per key")
    refuses("ALREADY_EXISTS", "CATEGORY_TAKEN", m, "admin", path, **wanted)
    refuses("INVALID_ARGUMENT", "INVALID_REQUEST", m, "admin", path,
            **{**wanted, "category_id": "CAT-X", "parent_id": "CAT-NONE"})
