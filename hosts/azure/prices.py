"""Azure's retail prices: what an hour of a size costs in a region. They are public; nobody signs in.

Synchronous; the transport can be given (tests). Raises FetchError when the service does not answer, ValueError when its
answer makes no sense.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from gallery.fetch import NoAnswer, fetch, make_client

from .trust import verifying

API = "2023-01-01-preview"
ANSWER_BYTES = 2 << 20
MOST_PAGES = 3
HOURS_A_MONTH = 730  # as Azure's own calculator counts


@dataclass(frozen=True)
class Price:
    """Of one hour of one machine. effective: the day from which it holds, as Azure writes it."""

    hourly: float
    currency: str
    windows: bool = False
    spot: bool = False
    effective: str = ""

    @property
    def monthly(self) -> float:
        return self.hourly * HOURS_A_MONTH


class PriceClient:
    """url: "https://prices.azure.com"; plain http on loopback only. ca: path of a PEM that vouches for it."""

    def __init__(
        self, url: str, *, ca: str = "", seconds: float = 10.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.base = httpx.URL(url)
        self._ca = ca
        self._seconds = seconds
        self._transport = transport

    def prices(self, region: str, size: str, currency: str) -> tuple[Price, ...]:
        """What the size costs there, pay as you go: with and without Windows, at the usual and at the spot price."""
        wanted = {
            "serviceName": "Virtual Machines",
            "armRegionName": region,
            "armSkuName": size,
            "priceType": "Consumption",
        }
        asked = " and ".join(f"{name} eq '{_quoted(value)}'" for name, value in wanted.items())
        query = {"api-version": API, "currencyCode": f"'{currency}'", "$filter": asked}
        rows: list[Any] = []
        with make_client(self.base, transport=self._transport, verify=verifying(self._ca)) as client:
            url = self.base.copy_with(path="/api/retail/prices", params=query)
            for _ in range(MOST_PAGES):
                body = self._page(client, url)
                rows += body.get("Items") or []
                if not (following := body.get("NextPageLink")):
                    break
                url = url.join(str(following))
        return tuple(_prices(rows))

    def _page(self, client: httpx.Client, url: httpx.URL) -> dict[str, Any]:
        answer = fetch(client, client.build_request("GET", url), limit=ANSWER_BYTES, seconds=self._seconds)
        if answer.status != 200:
            raise NoAnswer(f"it answered with status {answer.status}.")
        body = answer.json()
        if not isinstance(body, dict):
            raise ValueError("the answer is no object")
        return body


def price_for(prices: Sequence[Price], *, windows: bool, spot: bool) -> Price | None:
    """The price that applies; None when there is none, such as a size without a spot price."""
    fitting = [one for one in prices if one.windows == windows and one.spot == spot]
    return min(fitting, key=lambda one: one.hourly) if fitting else None


def _prices(rows: Iterable[Any]) -> Iterable[Price]:
    for row in rows:
        if row.get("type") != "Consumption" or row.get("unitOfMeasure") != "1 Hour":
            continue
        kind = f"{row.get('skuName', '')} {row.get('meterName', '')}"
        if "Low Priority" in kind:
            continue
        yield Price(
            hourly=float(row["retailPrice"]),
            currency=str(row["currencyCode"]),
            windows="Windows" in str(row.get("productName", "")),
            spot="Spot" in kind,
            effective=str(row.get("effectiveStartDate", ""))[:10],
        )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
