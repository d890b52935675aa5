"""The probe routes of the conformance suite."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db_postgres import (
    ConnectionDep,
    Database,
    DatabaseDep,
    DatabaseUrl,
    OutcomeUnknownError,
    SessionDep,
    TransactionOptions,
    UnavailableError,
    metadata,
    sqlstate,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/probe")

FromQuery = Annotated[int, Query(alias="from")]

INSERT = text("INSERT INTO probe_rows (id) VALUES (:id)")
PAY = text(
    "INSERT INTO probe_payments (id, origin, target, amount) VALUES (:id, :origin, :to, :amount)"
)
ADD = text("UPDATE probe_accounts SET balance = balance + :amount WHERE id = :id")


def include(app: FastAPI) -> None:
    app.include_router(router)
    for kind in (Boom, DBAPIError, OutcomeUnknownError, UnavailableError):
        app.add_exception_handler(kind, failed)


class Boom(Exception):
    def __init__(self) -> None:
        super().__init__("boom")


async def failed(_request: Request, error: Exception) -> JSONResponse:
    """Status and headers are the layer's own; the body shows what the suite asks for."""
    kind, status, headers, message = "database", 500, None, str(error)
    if isinstance(error, Boom):
        kind = "boom"
    elif isinstance(error, OutcomeUnknownError):
        kind = "outcome_unknown"
    elif isinstance(error, UnavailableError):
        kind, status, headers = error.kind, error.status_code, error.headers
    body = {
        "error": kind,
        "message": message,
        "sqlstate": sqlstate(error),
        "attempts": getattr(error, "attempts", None),
    }
    return JSONResponse(body, status, headers)


class Tries:
    """Counts how often a function runs, also where that ends in an error."""

    def __init__(self) -> None:
        self.count = 0

    async def run(
        self,
        database: Database,
        function: Callable[[AsyncSession], Awaitable[None]],
        options: TransactionOptions | None = None,
    ) -> dict[str, int]:
        async def counted(session: AsyncSession) -> None:
            self.count += 1
            await function(session)

        try:
            await database.transaction(counted, options or TransactionOptions())
        except Exception as error:
            error.attempts = self.count  # type: ignore[attr-defined]
            raise
        return {"attempts": self.count}


async def scalar(connection: AsyncConnection | AsyncSession, sql: str, **values: object) -> Any:
    return (await connection.execute(text(sql), values)).scalar_one()


@router.get("/one")
async def one(connection: ConnectionDep) -> dict[str, int]:
    return {"value": await scalar(connection, "SELECT 1")}


@router.get("/pid")
async def pid(connection: ConnectionDep) -> dict[str, int]:
    return {"pid": await scalar(connection, "SELECT pg_backend_pid()")}


@router.get("/setting")
async def setting(connection: ConnectionDep, name: str) -> dict[str, str]:
    return {"value": await scalar(connection, "SELECT current_setting(:name)", name=name)}


@router.get("/sleep")
async def sleep(connection: ConnectionDep, seconds: float) -> dict[str, float]:
    await connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
    return {"slept": seconds}


@router.get("/hold")
async def hold(connection: ConnectionDep, seconds: float) -> dict[str, float]:
    await asyncio.sleep(seconds)
    await connection.execute(text("SELECT 1"))
    return {"held": seconds}


@router.post("/session")
async def session(session: SessionDep, id: int, commit: bool = False) -> dict[str, int]:
    await session.execute(INSERT, {"id": id})
    if commit:
        await session.commit()
    return {"id": id}


@router.post("/session_hold")
async def session_hold(session: SessionDep, id: int, seconds: float) -> dict[str, int]:
    await session.execute(INSERT, {"id": id})
    await asyncio.sleep(seconds)
    await session.commit()
    return {"id": id}


@router.post("/panic")
async def panic(session: SessionDep, id: int) -> None:
    await session.execute(INSERT, {"id": id})
    raise RuntimeError("unforeseen")


@router.post("/transfer")
async def transfer(
    database: DatabaseDep, origin: FromQuery, to: int, amount: int, fail: bool = False
) -> dict[str, int]:
    async def move(session: AsyncSession) -> None:
        await session.execute(ADD, {"id": origin, "amount": -amount})
        if fail:
            raise Boom
        await session.execute(ADD, {"id": to, "amount": amount})

    return await Tries().run(database, move)


async def enter(session: AsyncSession, id: int, origin: int, to: int, amount: int) -> None:
    """Money moves, and it is written down that it did."""
    await session.execute(PAY, {"id": id, "origin": origin, "to": to, "amount": amount})
    await session.execute(ADD, {"id": origin, "amount": -amount})
    await session.execute(ADD, {"id": to, "amount": amount})


@router.post("/pay")
async def pay(
    database: DatabaseDep, id: int, origin: FromQuery, to: int, amount: int
) -> dict[str, int]:
    await database.transaction(lambda session: enter(session, id, origin, to, amount))
    return {"id": id}


@router.post("/pay_by_hand")
async def pay_by_hand(
    session: SessionDep, id: int, origin: FromQuery, to: int, amount: int
) -> dict[str, int]:
    await enter(session, id, origin, to, amount)
    await session.commit()
    return {"id": id}


@router.post("/transaction")
async def transaction(
    database: DatabaseDep,
    isolation: Literal["read_committed", "repeatable_read", "serializable"],
    read_only: bool,
    deferrable: bool,
) -> dict[str, str]:
    levels: dict[str, Literal["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]] = {
        "read_committed": "READ COMMITTED",
        "repeatable_read": "REPEATABLE READ",
        "serializable": "SERIALIZABLE",
    }
    options = TransactionOptions(levels[isolation], read_only, deferrable)

    async def read(session: AsyncSession) -> dict[str, str]:
        names = ("isolation", "read_only", "deferrable")
        sql = "SELECT current_setting(:name)"
        return {name: await scalar(session, sql, name=f"transaction_{name}") for name in names}

    return await database.transaction(read, options)


@router.post("/write_read_only")
async def write_read_only(database: DatabaseDep, id: int) -> dict[str, int]:
    async def write(session: AsyncSession) -> None:
        await session.execute(INSERT, {"id": id})

    return await Tries().run(database, write, TransactionOptions(read_only=True))


@router.post("/nested")
async def nested(database: DatabaseDep, outer: int, inner: int, fail: bool) -> dict[str, str]:
    async def both(session: AsyncSession) -> str:
        await session.execute(INSERT, {"id": outer})
        try:
            async with session.begin_nested():
                await session.execute(INSERT, {"id": inner})
                if fail:
                    raise Boom
        except Boom:
            return "boom"
        return "ok"

    return {"inner": await database.transaction(both)}


@router.post("/increment")
async def increment(database: DatabaseDep, id: int, milliseconds: float) -> dict[str, int]:
    async def count(session: AsyncSession) -> None:
        sql = "SELECT balance FROM probe_accounts WHERE id = :id"
        balance = await scalar(session, sql, id=id)
        await asyncio.sleep(milliseconds / 1000)
        await session.execute(
            text("UPDATE probe_accounts SET balance = :balance WHERE id = :id"),
            {"id": id, "balance": balance + 1},
        )

    return await Tries().run(database, count, TransactionOptions("SERIALIZABLE"))


@router.post("/deadlock")
async def deadlock(
    database: DatabaseDep, first: int, second: int, milliseconds: float
) -> dict[str, int]:
    async def cross(session: AsyncSession) -> None:
        await session.execute(ADD, {"id": first, "amount": 1})
        await asyncio.sleep(milliseconds / 1000)
        await session.execute(ADD, {"id": second, "amount": 1})

    return await Tries().run(database, cross)


@router.post("/conflict")
async def conflict(database: DatabaseDep) -> dict[str, int]:
    async def clash(session: AsyncSession) -> None:
        await session.execute(
            text("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$")
        )

    return await Tries().run(database, clash)


@router.post("/original_error")
async def original_error(database: DatabaseDep) -> dict[str, int]:
    async def fail(session: AsyncSession) -> None:
        try:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        except DBAPIError:
            pass
        raise Boom

    return await Tries().run(database, fail)


@router.post("/slow_commit")
async def slow_commit(database: DatabaseDep, id: int) -> dict[str, int]:
    async def insert(session: AsyncSession) -> None:
        await session.execute(text("INSERT INTO probe_slow (id) VALUES (:id)"), {"id": id})

    return await Tries().run(database, insert)


def sync_scalar(database: Database, sql: str) -> Any:
    with database.sync.connection() as connection:
        return connection.execute(text(sql)).scalar_one()


@router.get("/sync")
async def sync(database: DatabaseDep) -> dict[str, int]:
    return {"value": await run_in_threadpool(sync_scalar, database, "SELECT 1")}


@router.get("/sync_pid")
async def sync_pid(database: DatabaseDep) -> dict[str, int]:
    return {"pid": await run_in_threadpool(sync_scalar, database, "SELECT pg_backend_pid()")}


@router.post("/sync_transfer")
async def sync_transfer(
    database: DatabaseDep, origin: FromQuery, to: int, amount: int, fail: bool = False
) -> dict[str, int]:
    tries = Tries()

    def move(session: Session) -> None:
        tries.count += 1
        session.execute(ADD, {"id": origin, "amount": -amount})
        if fail:
            raise Boom
        session.execute(ADD, {"id": to, "amount": amount})

    await run_in_threadpool(database.sync.transaction, move)
    return {"attempts": tries.count}


@router.get("/metadata")
async def show_metadata(database: DatabaseDep) -> dict[str, Any]:
    return metadata(database.settings)


@router.get("/debug")
async def debug(database: DatabaseDep) -> dict[str, str]:
    settings = database.settings
    unreachable = "postgres://someone:secret@127.0.0.1:1/nowhere?password=secret"
    failing = Database(replace(settings, url=DatabaseUrl.parse(unreachable)))
    try:
        async with failing.connection():
            error: object = None
    except UnavailableError as caught:
        error = (caught, caught.__cause__)
    return {"text": f"{settings!r} {database!r} {settings.url!r} {failing!r} {error!r}"}
