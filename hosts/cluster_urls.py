"""Addresses of clusters."""

from django.urls import path

from hosts.views import clusters

CLUSTER = "clusters/<uuid:cluster_id>/"
NODE = f"{CLUSTER}nodes/<uuid:host_id>/"

urlpatterns = [
    path("clusters/", clusters.cluster_table, name="clusters"),
    path("clusters/rows/", clusters.cluster_rows, name="clusters-fragment"),
    path("clusters/add/", clusters.cluster_add, name="cluster-add"),
    path(CLUSTER, clusters.cluster_detail, name="cluster"),
    path(f"{CLUSTER}content/", clusters.cluster_content, name="cluster-fragment"),
    path(f"{CLUSTER}join/", clusters.cluster_let_in, name="cluster-join"),
    path(f"{CLUSTER}rotate/", clusters.cluster_rotate, name="cluster-rotate"),
    path(f"{CLUSTER}remove/", clusters.cluster_delete, name="cluster-remove"),
    path(f"{NODE}change/", clusters.node_change, name="node-change"),
    path(f"{NODE}remove/", clusters.node_delete, name="node-remove"),
]
