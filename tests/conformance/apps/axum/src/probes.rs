//! The probe routes of the conformance suite.

use std::time::Duration;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{Executor as _, PgConnection};

use crate::db_postgres::{
    Connection, Database, DatabaseUrl, Error, Isolation, Settings, Transaction, TransactionOptions,
};

pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/probe/one", get(one))
        .route("/probe/pid", get(pid))
        .route("/probe/setting", get(setting))
        .route("/probe/sleep", get(sleep))
        .route("/probe/hold", get(hold))
        .route("/probe/session", post(session))
        .route("/probe/session_hold", post(session_hold))
        .route("/probe/panic", post(panic))
        .route("/probe/transfer", post(transfer))
        .route("/probe/pay", post(pay))
        .route("/probe/pay_by_hand", post(pay_by_hand))
        .route("/probe/transaction", post(transaction))
        .route("/probe/write_read_only", post(write_read_only))
        .route("/probe/nested", post(nested))
        .route("/probe/increment", post(increment))
        .route("/probe/deadlock", post(deadlock))
        .route("/probe/conflict", post(conflict))
        .route("/probe/original_error", post(original_error))
        .route("/probe/slow_commit", post(slow_commit))
        .route("/probe/sync", get(sync))
        .route("/probe/sync_pid", get(sync_pid))
        .route("/probe/sync_transfer", post(sync_transfer))
        .route("/probe/sync_refused", get(sync_refused))
        .route("/probe/metadata", get(metadata))
        .route("/probe/debug", get(debug))
}

/// An error of the application, with how often the transaction was tried.
struct Failure {
    error: AppError,
    attempts: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("boom")]
    Boom,
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl<E: Into<AppError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            attempts: None,
        }
    }
}

impl IntoResponse for Failure {
    /// Status and headers are the layer's own; the body shows what the suite asks for.
    fn into_response(self) -> Response {
        let (kind, sqlstate) = match &self.error {
            AppError::Boom => ("boom", None),
            AppError::Database(error) => (error.kind(), error.sqlstate()),
        };
        let body = Json(json!({
            "error": kind,
            "message": self.error.to_string(),
            "sqlstate": sqlstate,
            "attempts": self.attempts,
        }));
        let (parts, _) = match self.error {
            AppError::Boom => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            AppError::Database(error) => error.into_response(),
        }
        .into_parts();
        (parts.status, parts.headers, body).into_response()
    }
}

type Answer = Result<Json<Value>, Failure>;

fn tried(result: Result<(), AppError>, attempts: u32) -> Answer {
    match result {
        Ok(()) => Ok(Json(json!({"attempts": attempts}))),
        Err(error) => Err(Failure {
            error,
            attempts: Some(attempts),
        }),
    }
}

async fn pause(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

async fn insert(connection: &mut PgConnection, id: i32) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO probe_rows (id) VALUES ($1)")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

async fn add(connection: &mut PgConnection, id: i32, amount: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE probe_accounts SET balance = balance + $2 WHERE id = $1")
        .bind(id)
        .bind(amount)
        .execute(connection)
        .await?;
    Ok(())
}

async fn one(connection: Result<Connection, Error>) -> Answer {
    let value: i32 = sqlx::query_scalar("SELECT 1")
        .fetch_one(&mut *connection?)
        .await?;
    Ok(Json(json!({"value": value})))
}

async fn pid(connection: Result<Connection, Error>) -> Answer {
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *connection?)
        .await?;
    Ok(Json(json!({"pid": pid})))
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn setting(connection: Result<Connection, Error>, Query(query): Query<Name>) -> Answer {
    let value: String = sqlx::query_scalar("SELECT current_setting($1)")
        .bind(query.name)
        .fetch_one(&mut *connection?)
        .await?;
    Ok(Json(json!({"value": value})))
}

#[derive(Deserialize)]
struct Seconds {
    seconds: f64,
}

async fn sleep(connection: Result<Connection, Error>, Query(query): Query<Seconds>) -> Answer {
    sqlx::query("SELECT pg_sleep($1)")
        .bind(query.seconds)
        .execute(&mut *connection?)
        .await?;
    Ok(Json(json!({"slept": query.seconds})))
}

async fn hold(connection: Result<Connection, Error>, Query(query): Query<Seconds>) -> Answer {
    let mut connection = connection?;
    pause(query.seconds).await;
    sqlx::query("SELECT 1").execute(&mut *connection).await?;
    Ok(Json(json!({"held": query.seconds})))
}

#[derive(Deserialize)]
struct Session {
    id: i32,
    #[serde(default)]
    commit: bool,
    #[serde(default)]
    seconds: f64,
}

async fn session(transaction: Result<Transaction, Error>, Query(query): Query<Session>) -> Answer {
    let mut transaction = transaction?;
    insert(&mut transaction, query.id).await?;
    if query.commit {
        transaction.commit().await?;
    }
    Ok(Json(json!({"id": query.id})))
}

async fn session_hold(
    transaction: Result<Transaction, Error>,
    Query(query): Query<Session>,
) -> Answer {
    let mut transaction = transaction?;
    insert(&mut transaction, query.id).await?;
    pause(query.seconds).await;
    transaction.commit().await?;
    Ok(Json(json!({"id": query.id})))
}

async fn panic(transaction: Result<Transaction, Error>, Query(query): Query<Session>) -> Answer {
    let mut transaction = transaction?;
    insert(&mut transaction, query.id).await?;
    panic!("unforeseen");
}

#[derive(Clone, Deserialize)]
struct Transfer {
    from: i32,
    to: i32,
    amount: i64,
    #[serde(default)]
    fail: bool,
}

async fn move_money(connection: &mut PgConnection, query: &Transfer) -> Result<(), AppError> {
    add(connection, query.from, -query.amount).await?;
    if query.fail {
        return Err(AppError::Boom);
    }
    add(connection, query.to, query.amount).await?;
    Ok(())
}

async fn transfer(database: Database, Query(query): Query<Transfer>) -> Answer {
    let mut attempts = 0;
    let query = &query;
    let result = database
        .transaction(|mut tx| {
            attempts += 1;
            async move { move_money(&mut tx, query).await }
        })
        .await;
    tried(result, attempts)
}

#[derive(Deserialize)]
struct Payment {
    id: i64,
    from: i32,
    to: i32,
    amount: i64,
}

/// Money moves, and it is written down that it did.
async fn enter(connection: &mut PgConnection, payment: &Payment) -> sqlx::Result<()> {
    let Payment {
        id,
        from,
        to,
        amount,
    } = *payment;
    sqlx::query("INSERT INTO probe_payments (id, origin, target, amount) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(from)
        .bind(to)
        .bind(amount)
        .execute(&mut *connection)
        .await?;
    add(connection, from, -amount).await?;
    add(connection, to, amount).await
}

async fn pay(database: Database, Query(payment): Query<Payment>) -> Answer {
    let payment = &payment;
    database
        .transaction(|mut tx| async move { Ok::<_, AppError>(enter(&mut tx, payment).await?) })
        .await?;
    Ok(Json(json!({"id": payment.id})))
}

async fn pay_by_hand(
    transaction: Result<Transaction, Error>,
    Query(payment): Query<Payment>,
) -> Answer {
    let mut transaction = transaction?;
    enter(&mut transaction, &payment).await?;
    transaction.commit().await?;
    Ok(Json(json!({"id": payment.id})))
}

#[derive(Deserialize)]
struct Options {
    isolation: String,
    read_only: bool,
    deferrable: bool,
}

async fn transaction(database: Database, Query(query): Query<Options>) -> Answer {
    let mut options = TransactionOptions::default().isolation(match query.isolation.as_str() {
        "read_committed" => Isolation::ReadCommitted,
        "repeatable_read" => Isolation::RepeatableRead,
        _ => Isolation::Serializable,
    });
    if query.read_only {
        options = options.read_only();
    }
    if query.deferrable {
        options = options.deferrable();
    }
    let (isolation, read_only, deferrable) = database
        .transaction_with(options, |mut tx| async move {
            let row: (String, String, String) = sqlx::query_as(
                "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), \
                 current_setting('transaction_deferrable')",
            )
            .fetch_one(&mut *tx)
            .await?;
            Ok::<_, AppError>(row)
        })
        .await?;
    Ok(Json(json!({
        "isolation": isolation.replace(' ', "_"),
        "read_only": read_only,
        "deferrable": deferrable,
    })))
}

async fn write_read_only(database: Database, Query(query): Query<Session>) -> Answer {
    let id = query.id;
    database
        .transaction_with(
            TransactionOptions::default().read_only(),
            |mut tx| async move {
                insert(&mut tx, id).await?;
                Ok::<_, AppError>(())
            },
        )
        .await?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct Nested {
    outer: i32,
    inner: i32,
    fail: bool,
}

async fn nested(database: Database, Query(query): Query<Nested>) -> Answer {
    let Nested { outer, inner, fail } = query;
    let inner = database
        .transaction(|mut tx| async move {
            insert(&mut tx, outer).await?;
            let inner = tx.nested(|mut tx| async move {
                insert(&mut tx, inner).await?;
                if fail { Err(AppError::Boom) } else { Ok(()) }
            });
            match inner.await {
                Ok(()) => Ok("ok"),
                Err(AppError::Boom) => Ok("boom"),
                Err(error) => Err(error),
            }
        })
        .await?;
    Ok(Json(json!({"inner": inner})))
}

#[derive(Deserialize)]
struct Increment {
    id: i32,
    milliseconds: f64,
}

async fn increment(database: Database, Query(query): Query<Increment>) -> Answer {
    let Increment { id, milliseconds } = query;
    let mut attempts = 0;
    let options = TransactionOptions::default().isolation(Isolation::Serializable);
    let result = database
        .transaction_with(options, |mut tx| {
            attempts += 1;
            async move {
                let balance: i64 =
                    sqlx::query_scalar("SELECT balance FROM probe_accounts WHERE id = $1")
                        .bind(id)
                        .fetch_one(&mut *tx)
                        .await?;
                pause(milliseconds / 1000.0).await;
                sqlx::query("UPDATE probe_accounts SET balance = $2 WHERE id = $1")
                    .bind(id)
                    .bind(balance + 1)
                    .execute(&mut *tx)
                    .await?;
                Ok(())
            }
        })
        .await;
    tried(result, attempts)
}

#[derive(Deserialize)]
struct Deadlock {
    first: i32,
    second: i32,
    milliseconds: f64,
}

async fn deadlock(database: Database, Query(query): Query<Deadlock>) -> Answer {
    let Deadlock {
        first,
        second,
        milliseconds,
    } = query;
    let mut attempts = 0;
    let result = database
        .transaction(|mut tx| {
            attempts += 1;
            async move {
                add(&mut tx, first, 1).await?;
                pause(milliseconds / 1000.0).await;
                add(&mut tx, second, 1).await?;
                Ok(())
            }
        })
        .await;
    tried(result, attempts)
}

async fn conflict(database: Database) -> Answer {
    let mut attempts = 0;
    let result = database
        .transaction(|mut tx| {
            attempts += 1;
            async move {
                tx.execute(sqlx::raw_sql(
                    "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$",
                ))
                .await?;
                Ok(())
            }
        })
        .await;
    tried(result, attempts)
}

async fn original_error(database: Database) -> Answer {
    let mut attempts = 0;
    let result = database
        .transaction(|mut tx| {
            attempts += 1;
            async move {
                let _ = sqlx::query("SELECT pg_terminate_backend(pg_backend_pid())")
                    .execute(&mut *tx)
                    .await;
                Err(AppError::Boom)
            }
        })
        .await;
    tried(result, attempts)
}

async fn slow_commit(database: Database, Query(query): Query<Session>) -> Answer {
    let mut attempts = 0;
    let id = query.id;
    let result = database
        .transaction(|mut tx| {
            attempts += 1;
            async move {
                sqlx::query("INSERT INTO probe_slow (id) VALUES ($1)")
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
                Ok(())
            }
        })
        .await;
    tried(result, attempts)
}

async fn sync(database: Database) -> Answer {
    let value: i32 = database
        .run_blocking(|database| {
            database.run(|mut connection| async move {
                Ok::<_, AppError>(
                    sqlx::query_scalar("SELECT 1")
                        .fetch_one(&mut *connection)
                        .await?,
                )
            })
        })
        .await?;
    Ok(Json(json!({"value": value})))
}

async fn sync_pid(database: Database) -> Answer {
    let pid: i32 = database
        .run_blocking(|database| {
            database.run(|mut connection| async move {
                Ok::<_, AppError>(
                    sqlx::query_scalar("SELECT pg_backend_pid()")
                        .fetch_one(&mut *connection)
                        .await?,
                )
            })
        })
        .await?;
    Ok(Json(json!({"pid": pid})))
}

async fn sync_transfer(database: Database, Query(query): Query<Transfer>) -> Answer {
    let result = database
        .run_blocking(move |database| {
            let mut attempts = 0;
            let query = &query;
            let result = database.transaction(|mut tx| {
                attempts += 1;
                async move { move_money(&mut tx, query).await }
            });
            Ok::<_, AppError>((result, attempts))
        })
        .await?;
    tried(result.0, result.1)
}

async fn sync_refused(database: Database) -> Answer {
    let value = database.blocking().run(|mut connection| async move {
        let value: i32 = sqlx::query_scalar("SELECT 1")
            .fetch_one(&mut *connection)
            .await?;
        Ok::<_, AppError>(value)
    })?;
    Ok(Json(json!({"value": value})))
}

async fn metadata(database: Database) -> Answer {
    Ok(Json(json!(database.metadata())))
}

async fn debug(database: Database) -> Answer {
    let settings = database.settings();
    let url: Option<DatabaseUrl> = settings.url.clone();
    let unreachable = "postgres://someone:secret@127.0.0.1:1/nowhere?password=secret"
        .parse()
        .ok();
    let failing = Database::new(Settings {
        url: unreachable,
        ..settings.clone()
    });
    let error = failing.connection().await.err();
    Ok(Json(
        json!({"text": format!("{settings:?} {database:?} {url:?} {failing:?} {error:?}")}),
    ))
}
