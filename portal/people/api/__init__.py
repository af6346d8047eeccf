"""Teams, members, tokens, the audit and oneself over HTTP."""

from ninja import Router

from .audit import router as audit_router
from .teams import router as teams_router
from .tokens import router as tokens_router

router = Router(tags=["People"])
router.add_router("", teams_router)
router.add_router("", tokens_router)
router.add_router("", audit_router)
