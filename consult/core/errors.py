"""Errors as sentences: what happened and what to do. The web glue maps each class to a status."""

from __future__ import annotations

from dataclasses import dataclass


class DomainError(Exception):
    """Base of all refusals; `message` is shown to the person as it is (already translated or Italian)."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def said_of(self, field: str) -> str:
        """The sentence for one field of what was sent; the whole refusal where it names none for that."""
        return self.message


class Invalid(DomainError):
    """What was typed can't be taken; `fields` maps a form field to its sentence."""

    status = 422

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}

    def said_of(self, field: str) -> str:
        """The sentence for one field of what was sent; the whole refusal where it names none for that."""
        return self.fields.get(field, self.message)


class NotFound(DomainError):
    """It does not exist, or this person may not know that it does."""

    status = 404


class Forbidden(DomainError):
    """The person may see this but may not do it."""

    status = 403


class PhaseClosed(Forbidden):
    """The act belongs to a phase that is not open now, by the database's clock."""

    status = 403


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a stale edit: what the other person saved and what this one typed."""

    label: str
    theirs: str
    yours: str


class Conflict(DomainError):
    """Somebody else was first. Carries who, a link to what is there now (as route name and values) and a diff to merge."""

    status = 409

    def __init__(
        self,
        message: str,
        *,
        link_endpoint: str | None = None,
        link_values: dict[str, str] | None = None,
        differences: tuple[Difference, ...] = (),
        changed_by: str | None = None,
        current_version: int | None = None,
        again: dict[str, str] | None = None,
        whole: bool = False,
    ) -> None:
        super().__init__(message)
        self.link_endpoint = link_endpoint
        self.link_values = link_values or {}
        self.differences = differences
        self.changed_by = changed_by
        self.current_version = current_version
        #: Fields of the form that say what its writer had seen, with what is there now: with them it may be sent again.
        self.again = again or ({} if current_version is None else {"version": str(current_version)})
        #: The differences show all that the form may change, so that sending it again overwrites nothing its writer has not seen.
        self.whole = whole
