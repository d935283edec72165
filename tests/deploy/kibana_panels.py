# SPDX-License-Identifier: MIT
"""The panels of the saved objects that Kibana imports, and the request that Kibana makes for each.

The query of a panel stands in its own state as Elasticsearch takes it, but for a few names that Kibana
replaces (its manual: Vega, "Elasticsearch queries"). They are replaced here in the same way; one that
is not known is an error.
"""
import copy
import datetime
import json


class Panel:
    def __init__(self, dashboard, saved):
        self.dashboard = dashboard
        self.name = saved["id"]
        state = json.loads(saved["attributes"]["visState"])
        if state["type"] != "vega":
            raise AssertionError(f"{self.name} is no Vega chart")
        self.spec = json.loads(state["params"]["spec"])
        self.index = self.spec["data"]["url"]["index"]
        self.body = self.spec["data"]["url"]["body"]

    def request(self, begin, end, interval):
        """The body of the search for this range of time, without filters of the dashboard."""
        return replace(copy.deepcopy(self.body), begin, end, interval)

    def fields(self):
        """The fields of the log that the query names."""
        return set(fields_of(self.body))


def replace(value, begin, end, interval, key=None):
    if isinstance(value, list):
        return [replace(one, begin, end, interval) for one in value
                if not (isinstance(one, str) and one.startswith("%dashboard_context-"))]
    if not isinstance(value, dict):
        if isinstance(value, str) and "%" in value:
            raise AssertionError(f"Kibana does not replace {value}")
        return value
    if value == {"%timefilter%": True}:
        return {"gte": begin, "lte": end, "format": "strict_date_optional_time"}
    if value in ({"%timefilter%": "min"}, {"%timefilter%": "max"}):
        moment = begin if value["%timefilter%"] == "min" else end
        return int(datetime.datetime.fromisoformat(moment).timestamp()) * 1000
    found = {}
    for name, one in value.items():
        if key == "date_histogram" and name == "interval" and one == {"%autointerval%": True}:
            found["fixed_interval"] = interval
        elif name.startswith("%"):
            raise AssertionError(f"Kibana does not replace {name}")
        else:
            found[name] = replace(one, begin, end, interval, name)
    return found


def fields_of(value, key=None):
    if isinstance(value, list):
        for one in value:
            yield from fields_of(one)
    elif isinstance(value, dict):
        if key in ("term", "terms", "range", "match") and "field" not in value:
            yield from (name for name in value if name not in ("size", "boost"))
        for name, one in value.items():
            if name == "field" and isinstance(one, str):
                yield one
            yield from fields_of(one, name)


def load(path):
    """(all saved objects by type and id, the panels of all dashboards)"""
    with open(path, encoding="utf-8") as source:
        objects = {(one["type"], one["id"]): one for one in map(json.loads, source)}
    panels = []
    for (kind, name), one in objects.items():
        if kind != "dashboard":
            continue
        references = {row["name"]: (row["type"], row["id"]) for row in one["references"]}
        for row in json.loads(one["attributes"]["panelsJSON"]):
            goal = references.pop(f"{row['panelIndex']}:{row['panelRefName']}")
            panels.append(Panel(name, objects[goal]))
        if references:
            raise AssertionError(f"{name}: references that no panel uses: {references}")
    return objects, panels
