"""Addresses of the Azure pages."""

from django.urls import path

from hosts.views import azure, azure_terms, exports, solutions

SUBSCRIPTION = "azure/subscriptions/<uuid:subscription_id>/"
SOLUTION = "azure/solutions/<uuid:solution_id>/"
BATCH = "azure/machines/<uuid:batch_id>/"

urlpatterns = [
    path("azure/", azure.azure_page, name="azure"),
    path("azure/rows/", azure.azure_rows, name="azure-fragment"),
    path("azure/subscriptions/add/", azure.subscription_add, name="azure-connect"),
    path(f"{SUBSCRIPTION}check/", azure.subscription_test, name="azure-check"),
    path(f"{SUBSCRIPTION}forget/", azure.subscription_remove, name="azure-forget"),
    path("azure/terms/", azure_terms.terms_page, name="azure-terms"),
    path("azure/solutions/new/<slug:slug>/", solutions.solution_new, name="solution-new"),
    path(SOLUTION, solutions.solution_page, name="solution"),
    path(f"{SOLUTION}rows/", solutions.solution_fragment, name="solution-fragment"),
    path(f"{SOLUTION}deploy/", solutions.solution_go, name="solution-deploy"),
    path(f"{SOLUTION}delete/", solutions.solution_remove, name="solution-delete"),
    path(f"{SOLUTION}export/", exports.solution_export, name="solution-export"),
    path("azure/machines/new/", azure.machines_new, name="azure-new"),
    path(BATCH, azure.batch_page, name="azure-batch"),
    path(f"{BATCH}rows/", azure.batch_rows, name="azure-batch-fragment"),
    path(f"{BATCH}deploy/", azure.batch_go, name="azure-deploy"),
    path(f"{BATCH}delete/", azure.batch_remove, name="azure-delete"),
    path(f"{BATCH}<slug:name>/<slug:action>/", azure.machine_do, name="azure-machine"),
]
