"""Addresses of the Azure pages."""

from django.urls import path

from hosts.views import azure, azure_imports, azure_machines, azure_new, azure_terms, exports, solutions

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
    path(f"{SUBSCRIPTION}import/", azure_imports.import_new, name="azure-import"),
    path("azure/orphans/<int:orphan_id>/delete/", azure_imports.orphan_remove, name="azure-orphan-delete"),
    path("azure/machines/", azure_machines.machines_page, name="azure-machines"),
    path("azure/machines/rows/", azure_machines.machines_rows, name="azure-machines-fragment"),
    path("azure/machines/new/", azure_new.machines_new, name="azure-new"),
    path("azure/machines/estimate/", azure_new.machines_estimate, name="azure-estimate"),
    path(BATCH, azure.batch_page, name="azure-batch"),
    path(f"{BATCH}again/", azure_imports.import_again, name="azure-import-again"),
    path(f"{BATCH}rows/", azure.batch_rows, name="azure-batch-fragment"),
    path(f"{BATCH}deploy/", azure.batch_go, name="azure-deploy"),
    path(f"{BATCH}delete/", azure.batch_remove, name="azure-delete"),
    path(f"{BATCH}m/<str:name>/", azure_machines.machine_page, name="azure-machine-page"),
    path(f"{BATCH}m/<str:name>/rows/", azure_machines.machine_rows, name="azure-machine-fragment"),
    path(f"{BATCH}m/<str:name>/size/", azure_machines.machine_size, name="azure-machine-size"),
    path(f"{BATCH}m/<str:name>/console/", azure_machines.machine_log, name="azure-machine-console"),
    path(f"{BATCH}m/<str:name>/accept/", azure_machines.machine_take, name="azure-machine-accept"),
    path(f"{BATCH}<str:name>/<slug:action>/", azure_machines.machine_do, name="azure-machine"),
]
