"""What sending parcels costs by the rules of shipping, and when they arrive: as shipping/README.md says it,
and not as the service computes it."""

import datetime

MM3_PER_GRAM = 5000
MONDAY_TO_FRIDAY = range(5)

RULES = """
    SELECT rule_id, kind, rule_key, zone, from_zone, method, currency, tier, above_grams, max_grams,
           amount_minor, step_grams, step_minor, is_taxable, days, ends,
           (extract(epoch FROM valid_from) * 1000000)::bigint AS since_us,
           (extract(epoch FROM valid_to) * 1000000)::bigint AS until_us
      FROM shipping_rules ORDER BY rule_id"""
COLUMNS = ("rule_id", "kind", "rule_key", "zone", "from_zone", "method", "currency", "tier", "above_grams",
           "max_grams", "amount_minor", "step_grams", "step_minor", "is_taxable", "days", "ends", "since_us",
           "until_us")


def up(a, b):
    """a / b, rounded up."""
    return -(-a // b)


def grams_of(lines):
    """What a parcel counts with; a line: quantity, grams, and three measures of a piece."""
    weight = sum(n * grams for n, grams, *_ in lines)
    volume = sum(n * up(length * width * height, MM3_PER_GRAM) for n, _, length, width, height in lines)
    return max(weight, volume)


def working_days_after(at_us, days):
    day = datetime.datetime.fromtimestamp(at_us // 1_000_000, datetime.timezone.utc).date()
    while days > 0 or day.weekday() not in MONDAY_TO_FRIDAY:
        day += datetime.timedelta(days=1)
        days -= day.weekday() in MONDAY_TO_FRIDAY
    return str(day)


class Tariff:
    """The rules that count in a version at a time; of one key the newest does."""

    def __init__(self, rows, version, at_us):
        rules = [rule for rule in (dict(zip(COLUMNS, row)) for row in rows) if rule["rule_id"] <= version]
        ended = {rule["ends"] for rule in rules}
        self.at_us = at_us
        self.by_key = {(rule["kind"], *rule["rule_key"]): rule for rule in rules
                       if rule["rule_id"] not in ended and self.is_valid(rule)}

    def is_valid(self, rule):
        since_us, until_us = rule["since_us"], rule["until_us"]
        return (since_us is None or since_us <= self.at_us) and (until_us is None or self.at_us < until_us)

    def zone(self, *key):
        return self.by_key.get(key, {"zone": None})["zone"]

    def ways(self, kind, zone, method, warehouse):
        places = {"", self.zone("WAREHOUSE", warehouse)}
        return [rule for rule in self.by_key.values() if rule["kind"] == kind and rule["zone"] == zone
                and rule["method"] == method and rule["from_zone"] in places]

    def parcel(self, zone, method, warehouse, currency, tier, grams):
        """What it costs, whether that is taxable, and the day when it arrives; None: it is not taken."""
        rates = [rate for rate in self.ways("RATE", zone, method, warehouse)
                 if rate["currency"] == currency and rate["tier"] in ("", tier)
                 and (rate["above_grams"] == 0 or grams > rate["above_grams"])
                 and (rate["max_grams"] == 0 or grams <= rate["max_grams"])]
        transits = self.ways("TRANSIT", zone, method, warehouse)
        if not rates or not transits:
            return None
        rate = max(rates, key=lambda rule: (rule["tier"] != "", rule["from_zone"] != "", rule["above_grams"]))
        days = max(transits, key=lambda rule: rule["from_zone"] != "")["days"]
        beyond = max(grams - rate["above_grams"], 0)
        steps = up(beyond, rate["step_grams"]) if rate["step_grams"] else 0
        return (rate["amount_minor"] + steps * rate["step_minor"], rate["is_taxable"],
                working_days_after(self.at_us, days))

    def quote(self, country, state, method, currency, tier, parcels):
        """parcels: warehouse and grams of each. What all cost, what of it is taxable, the day of the last;
        None: the method is not offered there."""
        zone = self.zone("ZONE", country, state) or self.zone("ZONE", country, "")
        found = [self.parcel(zone, method, warehouse, currency, tier, grams) for warehouse, grams in parcels]
        if None in found:
            return None
        return (sum(minor for minor, _, _ in found),
                sum(minor for minor, is_taxable, _ in found if is_taxable), max(day for _, _, day in found))
