"""Pages of questionnaires: `building` the desk and the builder, `questions` the form of one, `pages` pages, conditions and languages,
`transfer` files and templates, `trying` the dry run, `inviting` lists and letters; `answering` personal links, `public` questionnaires for
anyone or for registered people, over `receiving` and `sheet`; `results` with `figures`;
`files`, `paper`, `coverage`; `working` who is at work, unsaved words, history. All hang on `surveys`."""

from consult.listening.surveys.views import (
    answering,
    building,
    coverage,
    files,
    importing,
    inviting,
    pages,
    paper,
    public,
    questions,
    results,
    transfer,
    trying,
    working,
)
from consult.listening.surveys.views.blueprint import bp

__all__ = [
    "answering",
    "bp",
    "building",
    "coverage",
    "files",
    "importing",
    "inviting",
    "pages",
    "paper",
    "public",
    "questions",
    "results",
    "transfer",
    "trying",
    "working",
]
