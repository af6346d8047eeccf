"""Problems of a service, shown beside the fields of the form that asked for it."""

from django.forms import BaseForm

from portal.problems import Problem


def add_problem(form: BaseForm, problem: Problem) -> None:
    """Put each message beside its field; what belongs to no field of the form goes above it."""
    placed = False
    for name, texts in problem.fields.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
            placed = True
    if not placed:
        form.add_error(None, problem.detail or str(problem.title))
