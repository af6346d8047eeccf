"""Addresses of the Azure pages."""

from django.urls import path

from hosts.views import azure

SUBSCRIPTION = "azure/subscriptions/<uuid:subscription_id>/"
BATCH = "azure/machines/<uuid:batch_id>/"

urlpatterns = [
    path("azure/", azure.azure_page, name="azure"),
    path("azure/rows/", azure.azure_rows, name="azure-fragment"),
    path("azure/subscriptions/add/", azure.subscription_add, name="azure-connect"),
    path(f"{SUBSCRIPTION}check/", azure.subscription_test, name="azure-check"),
    path(f"{SUBSCRIPTION}forget/", azure.subscription_remove, name="azure-forget"),
    path("azure/machines/new/", azure.machines_new, name="azure-new"),
    path(BATCH, azure.batch_page, name="azure-batch"),
    path(f"{BATCH}rows/", azure.batch_rows, name="azure-batch-fragment"),
    path(f"{BATCH}deploy/", azure.batch_go, name="azure-deploy"),
    path(f"{BATCH}delete/", azure.batch_remove, name="azure-delete"),
    path(f"{BATCH}<slug:name>/<slug:action>/", azure.machine_do, name="azure-machine"),
]
