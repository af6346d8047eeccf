"""Addresses of the editor, of what it asks while one types, and of comparing and exporting revisions."""

from django.urls import path

from hosts.views import editor, revisions

APPLICATION = "applications/<uuid:application_id>/"

urlpatterns = [
    path("applications/new/", editor.application_new, name="application-new"),
    path(f"{APPLICATION}edit/", editor.application_edit, name="application-edit"),
    path(f"{APPLICATION}secret/", editor.application_secret, name="application-secret"),
    path(f"{APPLICATION}revisions/<int:number>/changes/", revisions.revision_changes, name="revision-changes"),
    path(f"{APPLICATION}revisions/<int:number>/compose.yaml", revisions.revision_export, name="revision-export"),
    path("compose/validate/", editor.compose_validate, name="compose-validate"),
    path("compose/words/", editor.compose_words, name="compose-words"),
    path("compose/images/", editor.compose_images, name="compose-images"),
]
