"""Whether a wish can be had, by what Azure says of a region. Pure: sizes and quotas in, faults by field out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from .types import Quota, Size
from .wishes import Wish

ALL_CORES = "cores"
SPOT_CORES = "lowPriorityCores"


@dataclass(frozen=True)
class Fault:
    """What is wrong. code: size-unknown, size-refused, size-arm, zones or quota; values: for the sentence."""

    field: str
    code: str
    values: Mapping[str, object]


def wish_faults(
    wish: Wish, sizes: Sequence[Size] | None, quotas: Sequence[Quota] | None, regions: Sequence[str] | None = None
) -> list[Fault]:
    """Everything that would make Azure refuse it. None: Azure has not said, and nothing is held against the wish."""
    if regions is not None and wish.region not in regions:
        near = ", ".join(get_close_matches(wish.region, regions, 3))
        return [Fault("region", "region", {"region": wish.region, "near": near or ", ".join(sorted(regions)[:5])})]
    if sizes is None:
        return []
    size = next((one for one in sizes if one.name.lower() == wish.size.lower()), None)
    if size is None:
        near = ", ".join(similar(wish.size, sizes))
        return [Fault("size", "size-unknown", {"size": wish.size, "region": wish.region, "near": near})]
    faults = []
    values = {"size": size.name, "region": wish.region}
    if size.refused:
        near = ", ".join(similar(wish.size, sizes))
        faults.append(Fault("size", "size-refused", {**values, "reason": size.refused, "near": near}))
    if size.architecture != "amd64":
        faults.append(Fault("size", "size-arm", values))
    if missing := sorted(set(wish.zones) - set(size.zones)):
        has = ", ".join(size.zones)
        faults.append(Fault("zones", "zones", {**values, "missing": ", ".join(missing), "has": has}))
    faults += _quota_faults(wish, size, quotas or ())
    return faults


def _quota_faults(wish: Wish, size: Size, quotas: Sequence[Quota]) -> list[Fault]:
    """Too many processors for the family, or for the region as a whole; spot machines have a limit of their own."""
    needed = size.cpus * wish.count
    counted = {SPOT_CORES} if wish.spot else {ALL_CORES, size.family.lower()}
    return [
        Fault(
            "count",
            "quota",
            {
                "needed": needed,
                "left": quota.left,
                "limit": quota.limit,
                "family": quota.title or quota.family,
                "most": quota.left // size.cpus if size.cpus else 0,
            },
        )
        for quota in quotas
        if quota.family.lower() in {one.lower() for one in counted} and quota.left < needed
    ]


def similar(name: str, sizes: Sequence[Size], most: int = 3) -> list[str]:
    """Sizes that may be had and are called nearly so."""
    usable = [one.name for one in sizes if not one.refused and one.architecture == "amd64"]
    return get_close_matches(name, usable, most, cutoff=0.3) or usable[:most]
