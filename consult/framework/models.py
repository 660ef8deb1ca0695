"""Territory and frame."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, Key


class Territory(Base):
    """An authority's territory, divided into zones."""

    __tablename__ = "territory"
    __table_args__ = ({"comment": "Territories, each divided into zones."},)

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(60), unique=True, comment="Name in addresses and imports.")
    name: Mapped[str] = mapped_column(String(200), comment="Name as it is shown.")
    partial: Mapped[bool] = mapped_column(
        default=True, comment="True while the full list of municipalities has not been loaded."
    )
    source: Mapped[str] = mapped_column(Text, default="", comment="Where the facts come from.")


class Zone(Base):
    """A homogeneous zone."""

    __tablename__ = "zone"
    __table_args__ = (UniqueConstraint("territory_id", "code"), {"comment": "Homogeneous zones of a territory."})

    id: Mapped[Key]
    territory_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("territory.id"), comment="Territory it is part of.")
    code: Mapped[str] = mapped_column(String(20), comment="Official number or code.")
    name: Mapped[str] = mapped_column(String(120), comment="Official name.")
    position: Mapped[int] = mapped_column(Integer, comment="Order in lists.")
    residents: Mapped[int | None] = mapped_column(
        Integer, comment="Residents, as published by the source of the import."
    )
    municipality_count: Mapped[int | None] = mapped_column(
        Integer, comment="Municipalities, as published by the source of the import."
    )
    tile_row: Mapped[int | None] = mapped_column(Integer, comment="Row in the schematic tile map.")
    tile_column: Mapped[int | None] = mapped_column(Integer, comment="Column in the schematic tile map.")
    geometry: Mapped[dict[str, Any] | None] = mapped_column(comment="GeoJSON geometry, where it was imported.")


class Municipality(Base):
    """A municipality of a zone."""

    __tablename__ = "municipality"
    __table_args__ = (UniqueConstraint("zone_id", "name"), {"comment": "Municipalities, as far as they were loaded."})

    id: Mapped[Key]
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("zone.id"), index=True, comment="Zone it belongs to.")
    name: Mapped[str] = mapped_column(String(120), comment="Official name.")
    istat_code: Mapped[str | None] = mapped_column(
        String(6), unique=True, comment="ISTAT code; empty until the authority's list is loaded, never guessed."
    )
    residents: Mapped[int | None] = mapped_column(Integer, comment="Residents, where the list says so.")


class Frame(Base):
    """The structure of a plan: axes and strategies."""

    __tablename__ = "frame"
    __table_args__ = ({"comment": "Structures of plans."},)

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(60), unique=True, comment="Name in addresses and imports.")
    title: Mapped[str] = mapped_column(String(300), comment="Title as it is shown.")
    name: Mapped[str] = mapped_column(String(300), default="", comment="The plan's own name.")
    vision: Mapped[str] = mapped_column(Text, default="", comment="The plan's vision.")
    language: Mapped[str] = mapped_column(String(5), default="it", comment="Language of the frame.")
    source: Mapped[str] = mapped_column(Text, default="", comment="Where the facts come from.")
    start_year: Mapped[int | None] = mapped_column(Integer, comment="First year of the plan, where the file says so.")
    end_year: Mapped[int | None] = mapped_column(Integer, comment="Last year of the plan, where the file says so.")
    phases: Mapped[list[Any]] = mapped_column(
        default=list, comment="Phases that a process on this frame starts from: kind, title, description, start, end."
    )


class Axis(Base):
    """An axis of the frame."""

    __tablename__ = "axis"
    __table_args__ = (UniqueConstraint("frame_id", "number"), {"comment": "Axes of a frame."})

    id: Mapped[Key]
    frame_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("frame.id"), comment="Frame it is part of.")
    number: Mapped[int] = mapped_column(Integer, comment="Its number, which is its code.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    objective: Mapped[str] = mapped_column(Text, default="", comment="Objective in some sentences.")


class Strategy(Base):
    """A strategy of an axis."""

    __tablename__ = "strategy"
    __table_args__ = (UniqueConstraint("frame_id", "code"), {"comment": "Strategies of a frame."})

    id: Mapped[Key]
    frame_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("frame.id"), comment="Frame it is part of.")
    axis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("axis.id"), index=True, comment="Axis it is part of.")
    code: Mapped[str] = mapped_column(String(20), comment="Code such as 2.1.")
    position: Mapped[int] = mapped_column(Integer, comment="Order within the frame.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    description: Mapped[str] = mapped_column(
        Text, default="", comment="In plain words, where the frame's import gives it."
    )
    keywords: Mapped[list[str]] = mapped_column(
        default=list, comment="Everyday words for it, where the frame's import gives them."
    )


class ReferencePlan(Base):
    """An existing plan that the paper confronts."""

    __tablename__ = "reference_plan"
    __table_args__ = (
        UniqueConstraint("frame_id", "code"),
        {"comment": "Existing plans that the position paper confronts."},
    )

    id: Mapped[Key]
    frame_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("frame.id"), comment="Frame it is read with.")
    code: Mapped[str] = mapped_column(String(40), comment="Short code such as PTGM.")
    title: Mapped[str] = mapped_column(String(300), comment="Title.")
    version: Mapped[str] = mapped_column(String(60), default="", comment="Version or date of the plan's text.")


class Provision(Base):
    """One provision of a reference plan."""

    __tablename__ = "provision"
    __table_args__ = (UniqueConstraint("plan_id", "code"), {"comment": "Provisions of existing plans."})

    id: Mapped[Key]
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reference_plan.id"), comment="Plan it is part of.")
    code: Mapped[str] = mapped_column(String(60), comment="Article or number.")
    text: Mapped[str] = mapped_column(Text, comment="Its text.")
    page: Mapped[int | None] = mapped_column(Integer, comment="Page in the plan.")
    position: Mapped[int] = mapped_column(Integer, comment="Order in the plan.")


class ProvisionStrategy(Base):
    """A strategy of the frame that a provision of an existing plan speaks of."""

    __tablename__ = "provision_strategy"
    __table_args__ = (
        Index("ix_provision_strategy_strategy_id", "strategy_id"),
        {"comment": "Strategies that provisions of existing plans speak of."},
    )

    provision_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("provision.id", ondelete="CASCADE"), primary_key=True, comment="Provision."
    )
    strategy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy.id"), primary_key=True, comment="Strategy.")
