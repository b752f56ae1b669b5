"""Customers of tests, beside those of the demo: they may order, and none of them can log in."""

import os
import subprocess

from services import ROOT

PASSWORD = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43  # of nobody
AT_ONCE = 100  # what a command line takes


def rows_of(customer_id, tier):
    """In customers and in accounts; what is personal waits to be sealed."""
    email = f"{customer_id}@example.com".lower()
    name = f"{{{{seal customers name {customer_id} Test Customer}}}}"
    return (f"('{customer_id}', {name}, '{tier}', '2099-12-31Z')",
            f"('USER-{customer_id}', '{customer_id}', {{{{seal accounts email USER-{customer_id} {email}}}}},"
            f" {{{{hash accounts.email {email}}}}}, '{PASSWORD}', '{{customer}}')")


def add_customers(m, tiers):
    """tiers: customer id -> tier; those that are there stay as they are."""
    wanted = list(tiers.items())
    for first in range(0, len(wanted), AT_ONCE):
        customers, accounts = zip(*(rows_of(*one) for one in wanted[first:first + AT_ONCE]))
        m.execute("customer", sealed(m, f"""
            INSERT INTO customers (customer_id, name, tier_granted, tier_until)
            VALUES {', '.join(customers)} ON CONFLICT DO NOTHING;
            INSERT INTO accounts (account_id, customer_id, email, email_hash, password_hash, roles)
            VALUES {', '.join(accounts)} ON CONFLICT DO NOTHING"""))


def sealed(m, sql):
    """With the keys of the customer service, as ./dev seals the demo's data."""
    build = os.environ.get("MILLRACE_BUILD", ROOT / "build")
    return subprocess.run([f"{build}/tools/millracectl/millracectl", "fill",
                           "--keys", str(m.run / "secrets/customer.fields")],
                          input=sql, check=True, capture_output=True, text=True).stdout
