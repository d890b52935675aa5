//! The accounts that money moves between, and the book that says how.

use std::collections::HashMap;

use anyhow::Result;
use postgres::Client;

/// Their ids begin at 1.
pub const ACCOUNTS: usize = 100;
/// What is on each of them at first.
const BALANCE: i64 = 1000;

/// Nothing forbids an id to be written twice: it is to be seen. A COMMIT takes long enough to be hit: the server waits in
/// it, and commits also where its client has gone meanwhile.
const TABLES: &str = "
    CREATE TABLE probe_accounts (id int PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE probe_payments (id bigint NOT NULL, origin int NOT NULL, target int NOT NULL, amount bigint NOT NULL);
    CREATE FUNCTION probe_wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.1 * random()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER probe_wait AFTER INSERT ON probe_payments
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION probe_wait();
";

pub fn open(sql: &mut Client) -> Result<()> {
    sql.batch_execute(TABLES)?;
    let accounts = i32::try_from(ACCOUNTS)?;
    sql.execute(
        "INSERT INTO probe_accounts SELECT id, $2 FROM generate_series(1, $1) id",
        &[&accounts, &BALANCE],
    )?;
    Ok(())
}

/// What the bank holds in the end.
#[derive(Debug)]
pub struct Books {
    /// How often each payment is written down.
    pub written: HashMap<u64, u64>,
    /// How much money there is too much.
    pub surplus: i64,
    /// How many accounts do not hold what the payments say.
    pub wrong_accounts: u64,
}

pub fn audit(sql: &mut Client) -> Result<Books> {
    let mut written = HashMap::new();
    for row in sql.query("SELECT id, count(*) FROM probe_payments GROUP BY id", &[])? {
        written.insert(
            u64::try_from(row.get::<_, i64>(0))?,
            u64::try_from(row.get::<_, i64>(1))?,
        );
    }
    let row = sql.query_one(
        "WITH moved AS (
             SELECT account, sum(amount) AS amount FROM (
                 SELECT target AS account, amount FROM probe_payments
                 UNION ALL SELECT origin, -amount FROM probe_payments
             ) AS entries GROUP BY account
         )
         SELECT (sum(balance) - $1 * count(*))::bigint,
             count(*) FILTER (WHERE balance <> $1 + coalesce(amount, 0))
         FROM probe_accounts LEFT JOIN moved ON account = id",
        &[&BALANCE],
    )?;
    Ok(Books {
        written,
        surplus: row.get(0),
        wrong_accounts: u64::try_from(row.get::<_, i64>(1))?,
    })
}
