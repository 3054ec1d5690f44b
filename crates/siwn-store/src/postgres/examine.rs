//! A look at a database that writes nothing: for an operator, before a server opens it.

use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::error::{Fault, OpenError};
use super::links::{DEADLINE, say};
use super::schema::{ask, connect, meet_server, number, version};
use super::{PostgresStore, PostgresUrl};

/// What the statements of a store need, table by table.
const RIGHTS: [(&str, &[&str]); 5] = [
    ("meta", &["SELECT", "UPDATE"]),
    ("session", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("account", &["SELECT", "INSERT", "UPDATE"]),
    ("cut_off", &["SELECT", "INSERT", "UPDATE"]),
    ("known_key", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
];

/// What [`PostgresStore::examine`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseReport {
    /// The server's major version.
    pub server: u32,
    /// The schema's version. None where opening the database would make it.
    pub schema: Option<u16>,
    /// Whether a secret is kept in it.
    pub keeps_secret: bool,
    /// Whether the server waits for its disk: where not, a crash of its machine may lose what was answered.
    pub is_durable: bool,
}

impl PostgresStore {
    /// Looks at the database in a read-only transaction. Ends within four seconds.
    ///
    /// # Errors
    ///
    /// What [`connect`](Self::connect) would fail with, as far as it shows without writing; [`OpenError::Forbidden`] also where a right
    /// is missing that later calls need.
    pub async fn examine(url: &PostgresUrl) -> Result<DatabaseReport, OpenError> {
        let mut connection = connect(&url.options()).await?;
        let report = timeout(DEADLINE, examine_on(&mut connection)).await.map_err(|_| Fault::Silent(DEADLINE))?;
        // Nothing depends on a farewell.
        let _ = timeout(DEADLINE, connection.close()).await;
        report
    }
}

async fn examine_on(connection: &mut PgConnection) -> Result<DatabaseReport, OpenError> {
    let server = meet_server(connection).await?;
    if is_true(connection, "pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean").await? {
        return Err(OpenError::ReadOnly);
    }
    ask(connection, "BEGIN READ ONLY").await?;
    let is_durable = is_true(connection, "current_setting('fsync')::boolean").await?;
    let schema = Some(version(connection).await?).filter(|version| *version > 0);
    let lacking = if schema.is_some() { lacking_to_use(connection).await? } else { lacking_to_make(connection).await? };
    if let Some(lacking) = lacking {
        return Err(OpenError::Forbidden(Box::new(Fault::Lacks(lacking))));
    }
    let keeps_secret =
        schema.is_some() && is_true(connection, "EXISTS (SELECT 1 FROM siwn.meta WHERE secrets IS NOT NULL)").await?;
    ask(connection, "COMMIT").await?;
    Ok(DatabaseReport { server, schema, keeps_secret, is_durable })
}

async fn lacking_to_make(connection: &mut PgConnection) -> Result<Option<String>, OpenError> {
    let is_there = is_true(connection, "EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'siwn')").await?;
    let (may, lacking) = if is_there {
        ("has_schema_privilege('siwn', 'CREATE') AND has_schema_privilege('siwn', 'USAGE')", "CREATE and USAGE on the schema")
    } else {
        ("has_database_privilege(current_database(), 'CREATE')", "CREATE on the database")
    };
    Ok((!is_true(connection, may).await?).then(|| lacking.to_owned()))
}

async fn lacking_to_use(connection: &mut PgConnection) -> Result<Option<String>, OpenError> {
    let needed = RIGHTS.iter().flat_map(|(table, rights)| rights.iter().map(move |right| format!("('{right}', '{table}')")));
    let needed = needed.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT what || ' on siwn.' || name FROM (VALUES {needed}) AS needed (what, name)
        WHERE NOT coalesce(has_table_privilege(to_regclass('siwn.' || name), what), false) LIMIT 1"
    );
    let rows = say(connection, &sql).await.map_err(Fault::of_statement)?;
    let lacking = rows.first().map(|row| row.try_get(0)).transpose();
    Ok(lacking.map_err(Fault::of_statement)?)
}

async fn is_true(connection: &mut PgConnection, condition: &str) -> Result<bool, OpenError> {
    Ok(number(connection, &format!("SELECT ({condition})::int::bigint")).await? == 1)
}
