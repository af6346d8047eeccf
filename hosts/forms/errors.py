"""A service's refusal, shown beside the field it belongs to."""

from django import forms

from portal.problems import Problem


def add_problem(form: forms.Form, problem: Problem) -> None:
    """Add each message of `problem` to its field of `form`, or to the form as a whole when it names no field of it."""
    if not problem.fields:
        form.add_error(None, problem.detail or str(problem.title))
    for name, texts in problem.fields.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
