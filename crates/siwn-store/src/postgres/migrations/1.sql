-- One row: what the database knows of itself.
CREATE TABLE siwn.meta (
    one          boolean PRIMARY KEY CHECK (one),
    -- The version of this schema.
    version      bigint  NOT NULL,
    -- Which store this is, and since when it remembers.
    generation   bytea   NOT NULL CHECK (length(generation) = 16),
    -- The run of the server, and the table's file, that the generation belongs to.
    run          text    NOT NULL,
    -- The server's secrets, where the operator gave none.
    secrets      text,
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
    -- What the client called itself.
    client        text    NOT NULL,
    created_at    bigint  NOT NULL,
    expires_at    bigint  NOT NULL,
    -- How long the session lives when it is not used, in milliseconds. None where only its end ends it.
    idle_lifetime bigint  CHECK (idle_lifetime >= 0),
    -- When it was last used, and when the chain last said that the account has the key.
    seen_at       bigint  NOT NULL,
    checked_at    bigint  NOT NULL,
    -- The number of the last cut-off that it was opened after, or that spared it.
    opened_after  bigint  NOT NULL,
    -- The challenge must be known as spent until then.
    guarded_until bigint  NOT NULL,
    -- Nobody asks for the row from then on.
    kept_until    bigint  NOT NULL CHECK (kept_until >= guarded_until),
    -- Ended before its time: a tombstone that guards the challenge.
    closed        boolean NOT NULL DEFAULT false
)
-- Use is written down in place, where the page has room.
WITH (fillfactor = 85);

CREATE INDEX session_by_end ON siwn.session (kept_until);
CREATE INDEX session_by_account ON siwn.session (account, created_at);

-- What concerns all of an account's sessions or keys is changed under the lock of its row.
CREATE TABLE siwn.account (
    account  text    PRIMARY KEY,
    -- Counts the cut-offs of its sessions.
    cut_offs bigint  NOT NULL DEFAULT 0,
    -- Counts the uses of its keys.
    uses     bigint  NOT NULL DEFAULT 0,
    blocked  boolean NOT NULL DEFAULT false
);

-- Sessions of the account that were opened after a cut-off of a lower number only are over.
CREATE TABLE siwn.cut_off (
    account   text   NOT NULL,
    -- Empty: every site.
    recipient text   NOT NULL,
    number    bigint NOT NULL,
    PRIMARY KEY (account, recipient)
);

-- Which keys an account signed in with.
CREATE TABLE siwn.known_key (
    account text   NOT NULL,
    handle  text   NOT NULL,
    -- The highest was used last.
    used    bigint NOT NULL,
    PRIMARY KEY (account, handle)
);
