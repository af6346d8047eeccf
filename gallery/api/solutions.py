"""/gallery/solutions."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from gallery.solutions.loader import solution_get, solution_list
from gallery.solutions.types import Solution
from portal.people.requests import actor_of

from .schemas import ParameterOut, parameters_out

router = Router()


class MachineKindOut(Schema):
    """open: ports that are reached from outside, numbers or names of parameters."""

    role: str
    title: str
    image: str
    size: str
    count: int
    open: list[str]


class SolutionRowOut(Schema):
    slug: str
    name: str
    summary: str
    makes: str
    needs: str
    systems: list[str]
    images: list[str]
    cluster: bool
    machines: list[MachineKindOut]


class GallerySolutionOut(SolutionRowOut):
    description: str
    compose: str
    parameters: list[ParameterOut]


class GallerySolutionList(Schema):
    items: list[SolutionRowOut]
    next: str | None = None


@router.get("/gallery/solutions", response=GallerySolutionList, summary="Machines and applications as one")
def gallery_solutions(request: HttpRequest) -> GallerySolutionList:
    actor_of(request)
    return GallerySolutionList(items=[SolutionRowOut(**_row(one)) for one in solution_list()])


@router.get("/gallery/solutions/{slug}", response=GallerySolutionOut, summary="A solution with its questions")
def gallery_solution(request: HttpRequest, slug: str) -> GallerySolutionOut:
    actor_of(request)
    solution = solution_get(slug)
    return GallerySolutionOut(
        **_row(solution),
        description=solution.description,
        compose=solution.compose,
        parameters=parameters_out(solution.parameters),
    )


def _row(solution: Solution) -> dict[str, Any]:
    machines = [
        MachineKindOut(
            role=kind.role, title=kind.title, image=kind.image, size=kind.size, count=kind.count, open=list(kind.open)
        )
        for kind in solution.machines
    ]
    return {
        "slug": solution.slug,
        "name": solution.title,
        "summary": solution.summary,
        "makes": solution.makes,
        "needs": solution.needs,
        "systems": list(solution.systems),
        "images": list(solution.images),
        "cluster": solution.cluster,
        "machines": machines,
    }
