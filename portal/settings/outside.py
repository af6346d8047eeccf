"""Addresses and limits of what lies outside: Docker Hub, the default registry, Azure, the Docker endpoint."""

from portal.up.places import socket_path

from . import env
from .paths import DATA_DIR

HUB_URL = env.text("PIERHEAD_HUB_URL", "https://hub.docker.com").rstrip("/")
REGISTRY_URL = env.text("PIERHEAD_REGISTRY_URL", "https://registry-1.docker.io").rstrip("/")
AZURE_URL = env.text("PIERHEAD_AZURE_URL").rstrip("/")  # empty: where the subscription's cloud has it
AZURE_AUTHORITY_URL = env.text("PIERHEAD_AZURE_AUTHORITY_URL").rstrip("/")
AZURE_CA_FILE = env.text("PIERHEAD_AZURE_CA_FILE")
AZURE_MARKET_REGION = env.text("PIERHEAD_AZURE_MARKET_REGION")  # empty: westeurope where the cloud has it
AZURE_MARKET_STEPS = env.number("PIERHEAD_AZURE_MARKET_STEPS", 60)
AZURE_PRICES_URL = env.text("PIERHEAD_AZURE_PRICES_URL", "https://prices.azure.com").rstrip("/")
AZURE_CURRENCY = env.text("PIERHEAD_AZURE_CURRENCY", "USD").upper()
DOCKER_ENDPOINT = env.address("PIERHEAD_DOCKER_ENDPOINT", "127.0.0.1:2376")
DOCKER_ENDPOINT_URL = env.text("PIERHEAD_DOCKER_ENDPOINT_URL").rstrip("/")
STREAMS_ADDRESS = env.address("PIERHEAD_STREAMS", "127.0.0.1:0")
GATEWAY_SOCKET = str(socket_path(DATA_DIR, "gateway", "streams.sock"))
STREAMS_URL = env.text("PIERHEAD_STREAMS_URL").rstrip("/")
GIT_PRIVATE = env.flag("PIERHEAD_GIT_PRIVATE")  # whether projects may be imported from private addresses
WEBHOOK_PRIVATE = env.flag("PIERHEAD_WEBHOOK_PRIVATE")  # whether webhooks may go to private addresses
LISTS_PRIVATE = env.flag("PIERHEAD_LISTS_PRIVATE")  # whether lists of templates may lie at private addresses
OUTSIDE_TIMEOUT_SECONDS = env.number("PIERHEAD_OUTSIDE_TIMEOUT", 10)
METRICS_ALLOWED = env.words("PIERHEAD_METRICS_ALLOWED", "127.0.0.1,::1")
METRICS_TOKEN = env.text("PIERHEAD_METRICS_TOKEN")
