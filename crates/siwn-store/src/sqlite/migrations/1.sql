-- One row: what the file knows of itself.
CREATE TABLE meta (
    one          INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- Which store this is, and since when it remembers.
    generation   BLOB    NOT NULL CHECK (length(generation) = 16),
    -- The server's secret, where the operator gave none.
    secret       BLOB    CHECK (length(secret) = 32),
    -- Guards up to here may have been pruned. Unix milliseconds, like every time in this file.
    pruned_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row per login: the session, and the mark that its challenge is spent. An id begins with the time, so that rows append.
CREATE TABLE session (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    secret_hash   BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    recipient     TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    -- None where a contract answered for the account.
    key           TEXT,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    -- The challenge must be known as spent until then.
    guarded_until INTEGER NOT NULL,
    -- Nobody asks for the row from then on.
    kept_until    INTEGER NOT NULL CHECK (kept_until >= guarded_until),
    -- Ended before its time: a tombstone that guards the challenge.
    closed        INTEGER NOT NULL CHECK (closed IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_end ON session (kept_until);
CREATE INDEX session_by_account ON session (account);
