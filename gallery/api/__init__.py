"""The gallery over HTTP: search, repositories, tags, templates."""

from ninja import Router

from .basket import router as basket_router
from .collections import router as collections_router
from .favourites import router as favourites_router
from .marketplace import router as marketplace_router
from .registries import router as registries_router
from .repositories import router as repositories_router
from .search import router as search_router
from .solutions import router as solutions_router
from .template_lists import router as template_lists_router
from .templates import router as templates_router

router = Router(tags=["Gallery"])
router.add_router("", search_router)
router.add_router("", templates_router)
router.add_router("", basket_router)
router.add_router("", template_lists_router)
router.add_router("", solutions_router)
router.add_router("", marketplace_router)
router.add_router("", repositories_router)
router.add_router("", registries_router)
router.add_router("", favourites_router)
router.add_router("", collections_router)
