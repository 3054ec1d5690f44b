//! The URL of a database.

use std::fmt;
use std::str::FromStr;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use thiserror::Error;

/// Parameters of a URL that mean something here. Others are refused: a word that is misspelled would be no protection.
const PARAMETERS: [&str; 9] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "password", "application_name"];

/// Where a database is, and who asks: `postgres://user:password@host:5432/database?sslmode=verify-full`.
///
/// `sslmode` is libpq's; without one, TLS is used where the server offers it, and nobody's certificate is checked. `sslrootcert` names a file
/// of authorities beside the public ones, `sslcert` and `sslkey` a client's certificate. A host that begins with `/` (`?host=/run/postgresql`)
/// is the folder of a socket. What the URL leaves out comes from `PGPASSWORD` and its like, or from a password file.
///
/// Neither `Debug` nor `Display` shows the password or the parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

/// The text is no URL of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PostgresUrlError {
    /// It is no such URL at all.
    #[error("is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in them percent-encoded")]
    Malformed,
    /// A parameter that is unknown here, or a value that it does not have.
    #[error("takes the parameters sslmode, sslrootcert, sslcert, sslkey, host, port, user, password and application_name")]
    Parameter,
}

impl PostgresUrl {
    pub(super) fn options(&self) -> PgConnectOptions {
        let options: PgConnectOptions = self.0.parse().expect("it was parsed before");
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("siwn"),
        };
        // A pooler knows no such setting; and statements hold what no log should.
        options.extra_float_digits(None).disable_statement_logging()
    }
}

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(PostgresUrlError::Malformed);
        }
        let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
        PgConnectOptions::from_str(address).map_err(|_| PostgresUrlError::Malformed)?;
        let names = parameters.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').map(|(name, _)| name));
        if !names.into_iter().all(|name| name.is_some_and(|name| PARAMETERS.contains(&name))) {
            return Err(PostgresUrlError::Parameter);
        }
        PgConnectOptions::from_str(text).map_err(|_| PostgresUrlError::Parameter)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options();
        let (user, database) = (options.get_username(), options.get_database().unwrap_or(options.get_username()));
        match options.get_socket() {
            Some(folder) => write!(f, "postgres://{user}@{}/{database}", folder.display()),
            None => write!(f, "postgres://{user}@{}:{}/{database}", options.get_host(), options.get_port()),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_form_shows_the_password_or_the_parameters() {
        let url: PostgresUrl = "postgres://me:s%2Becret@db.example:6432/app?sslmode=verify-full&password=hidden".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://me@db.example:6432/app");
        assert_eq!(format!("{url:?}"), "PostgresUrl(postgres://me@db.example:6432/app)");
    }

    #[test]
    fn a_socket_is_named_by_its_folder() {
        for text in ["postgres://me@%2Frun%2Fpostgresql/app", "postgresql://me@localhost/app?host=/run/postgresql"] {
            assert_eq!(text.parse::<PostgresUrl>().unwrap().to_string(), "postgres://me@/run/postgresql/app");
        }
    }

    #[test]
    fn what_is_no_such_url_is_refused_without_a_word_of_it() {
        use PostgresUrlError::{Malformed, Parameter};
        let cases = [
            ("", Malformed),
            ("redis://secret@host", Malformed),
            ("postgres:secret", Malformed),
            ("postgres://me:secret@host:port/app", Malformed),
            ("postgres://me:secret@host/app?sslmod=require", Parameter),
            ("postgres://me:secret@host/app?sslmode=secret", Parameter),
            ("postgres://me:secret@host/app?secret", Parameter),
            ("postgres://me:secret@host/app?options=-csearch_path=x", Parameter),
        ];
        for (text, expected) in cases {
            let error = text.parse::<PostgresUrl>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
