//! What the probe routes of the conformance suite answer, in every framework of Rust.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::db_postgres::{
    Connection, Database, DatabaseUrl, Error, Isolation, Settings, Transaction, TransactionOptions,
};
use crate::http::{Json, Query};

/// An error of the application, with how often the transaction was tried.
#[derive(Debug)]
pub struct Failure {
    pub error: AppError,
    attempts: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum AppError {
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

impl Failure {
    /// What the suite asks for.
    pub fn body(&self) -> Value {
        let (kind, sqlstate) = match &self.error {
            AppError::Boom => ("boom", None),
            AppError::Database(error) => (error.kind(), error.sqlstate()),
        };
        json!({
            "error": kind,
            "message": self.error.to_string(),
            "sqlstate": sqlstate,
            "attempts": self.attempts,
        })
    }
}

pub type Answer = Result<Json<Value>, Failure>;

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

pub async fn one(connection: Result<Connection, Error>) -> Answer {
    let value: i32 = sqlx::query_scalar("SELECT 1")
        .fetch_one(&mut *connection?)
        .await?;
    Ok(Json(json!({"value": value})))
}

pub async fn pid(connection: Result<Connection, Error>) -> Answer {
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut *connection?)
        .await?;
    Ok(Json(json!({"pid": pid})))
}

#[derive(Deserialize)]
pub struct Name {
    name: String,
}

pub async fn setting(connection: Result<Connection, Error>, Query(query): Query<Name>) -> Answer {
    let value: String = sqlx::query_scalar("SELECT current_setting($1)")
        .bind(query.name)
        .fetch_one(&mut *connection?)
        .await?;
    Ok(Json(json!({"value": value})))
}

#[derive(Deserialize)]
pub struct Seconds {
    seconds: f64,
}

pub async fn sleep(connection: Result<Connection, Error>, Query(query): Query<Seconds>) -> Answer {
    sqlx::query("SELECT pg_sleep($1)")
        .bind(query.seconds)
        .execute(&mut *connection?)
        .await?;
    Ok(Json(json!({"slept": query.seconds})))
}

pub async fn hold(connection: Result<Connection, Error>, Query(query): Query<Seconds>) -> Answer {
    let mut connection = connection?;
    pause(query.seconds).await;
    sqlx::query("SELECT 1").execute(&mut *connection).await?;
    Ok(Json(json!({"held": query.seconds})))
}

#[derive(Deserialize)]
pub struct Session {
    id: i32,
    #[serde(default)]
    commit: bool,
    #[serde(default)]
    seconds: f64,
}

pub async fn session(
    transaction: Result<Transaction, Error>,
    Query(query): Query<Session>,
) -> Answer {
    let mut transaction = transaction?;
    insert(&mut transaction, query.id).await?;
    if query.commit {
        transaction.commit().await?;
    }
    Ok(Json(json!({"id": query.id})))
}

pub async fn session_hold(
    transaction: Result<Transaction, Error>,
    Query(query): Query<Session>,
) -> Answer {
    let mut transaction = transaction?;
    insert(&mut transaction, query.id).await?;
    pause(query.seconds).await;
    transaction.commit().await?;
    Ok(Json(json!({"id": query.id})))
}

pub async fn panic(
    transaction: Result<Transaction, Error>,
    Query(query): Query<Session>,
) -> Answer {
    let mut transaction = transaction?;
    insert(&mut transaction, query.id).await?;
    panic!("unforeseen");
}

#[derive(Clone, Deserialize)]
pub struct Transfer {
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

pub async fn transfer(database: Database, Query(query): Query<Transfer>) -> Answer {
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
pub struct Payment {
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

pub async fn pay(database: Database, Query(payment): Query<Payment>) -> Answer {
    let payment = &payment;
    database
        .transaction(|mut tx| async move { Ok::<_, AppError>(enter(&mut tx, payment).await?) })
        .await?;
    Ok(Json(json!({"id": payment.id})))
}

pub async fn pay_by_hand(
    transaction: Result<Transaction, Error>,
    Query(payment): Query<Payment>,
) -> Answer {
    let mut transaction = transaction?;
    enter(&mut transaction, &payment).await?;
    transaction.commit().await?;
    Ok(Json(json!({"id": payment.id})))
}

#[derive(Deserialize)]
pub struct Options {
    isolation: String,
    read_only: bool,
    deferrable: bool,
}

pub async fn transaction(database: Database, Query(query): Query<Options>) -> Answer {
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

pub async fn write_read_only(database: Database, Query(query): Query<Session>) -> Answer {
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
pub struct Nested {
    outer: i32,
    inner: i32,
    fail: bool,
}

pub async fn nested(database: Database, Query(query): Query<Nested>) -> Answer {
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
pub struct Increment {
    id: i32,
    milliseconds: f64,
}

pub async fn increment(database: Database, Query(query): Query<Increment>) -> Answer {
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
pub struct Deadlock {
    first: i32,
    second: i32,
    milliseconds: f64,
}

pub async fn deadlock(database: Database, Query(query): Query<Deadlock>) -> Answer {
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

pub async fn conflict(database: Database) -> Answer {
    let mut attempts = 0;
    let result = database
        .transaction(|mut tx| {
            attempts += 1;
            async move {
                sqlx::raw_sql(
                    "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$",
                )
                .execute(&mut *tx)
                .await?;
                Ok(())
            }
        })
        .await;
    tried(result, attempts)
}

pub async fn original_error(database: Database) -> Answer {
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

pub async fn slow_commit(database: Database, Query(query): Query<Session>) -> Answer {
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

pub async fn sync(database: Database) -> Answer {
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

pub async fn sync_pid(database: Database) -> Answer {
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

pub async fn sync_transfer(database: Database, Query(query): Query<Transfer>) -> Answer {
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

pub async fn sync_refused(database: Database) -> Answer {
    let value = database.blocking().run(|mut connection| async move {
        let value: i32 = sqlx::query_scalar("SELECT 1")
            .fetch_one(&mut *connection)
            .await?;
        Ok::<_, AppError>(value)
    })?;
    Ok(Json(json!({"value": value})))
}

pub async fn metadata(database: Database) -> Answer {
    Ok(Json(json!(database.metadata())))
}

pub async fn debug(database: Database) -> Answer {
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
