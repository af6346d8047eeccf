from django.apps import AppConfig


class HostsConfig(AppConfig):
    name = "hosts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answer the gallery's questions about hosts, which it may not import, and have all ends of commands seen."""
        from gallery.fits import set_providers
        from hosts.selectors.fits import host_digests, host_fits, host_images
        from hosts.services import (  # noqa: F401  they follow (hosts.services.ends), or carry (hook_deliveries)
            clusters,
            git_looks,
            hook_images,
            rollouts,
        )

        set_providers(fits=host_fits, images=host_images, digests=host_digests)
