CREATE SCHEMA IF NOT EXISTS siwn;

-- One row: what the database knows of itself.
CREATE TABLE siwn.meta (
    one          boolean PRIMARY KEY CHECK (one),
    -- The version of this schema.
    version      bigint  NOT NULL,
    -- Which store this is, and since when it remembers.
    generation   bytea   NOT NULL CHECK (length(generation) = 16),
    -- The run of the server, and the table's file, that the generation belongs to.
    run          text    NOT NULL,
    -- The server's secret, where the operator gave none.
    secret       bytea   CHECK (length(secret) = 32),
    -- Guards up to here may have been pruned. Unix milliseconds, like every time in this schema.
    pruned_until bigint  NOT NULL DEFAULT 0
);

-- One row per login: the session, and the mark that its challenge is spent. An id begins with the time, so that rows append.
CREATE TABLE siwn.session (
    id            bytea   PRIMARY KEY CHECK (length(id) = 16),
    secret_hash   bytea   NOT NULL CHECK (length(secret_hash) = 32),
    recipient     text    NOT NULL,
    account       text    NOT NULL,
    -- None where a contract answered for the account.
    key           text,
    created_at    bigint  NOT NULL,
    expires_at    bigint  NOT NULL,
    -- The challenge must be known as spent until then.
    guarded_until bigint  NOT NULL,
    -- Nobody asks for the row from then on.
    kept_until    bigint  NOT NULL CHECK (kept_until >= guarded_until),
    -- Ended before its time: a tombstone that guards the challenge.
    closed        boolean NOT NULL DEFAULT false
);

CREATE INDEX session_by_end ON siwn.session (kept_until);
CREATE INDEX session_by_account ON siwn.session (account);
