-- What the client called itself.
ALTER TABLE session ADD COLUMN client TEXT NOT NULL DEFAULT '';
-- How long the session lives when it is not used, in milliseconds. None where only its end ends it.
ALTER TABLE session ADD COLUMN idle_lifetime INTEGER CHECK (idle_lifetime >= 0);
-- When it was last used, and when the chain last said that the account has the key. None: when it was opened.
ALTER TABLE session ADD COLUMN seen_at INTEGER;
ALTER TABLE session ADD COLUMN checked_at INTEGER;
-- The number of the last cut-off that it was opened after, or that spared it.
ALTER TABLE session ADD COLUMN opened_after INTEGER NOT NULL DEFAULT 0;

DROP INDEX session_by_account;
CREATE INDEX session_by_account ON session (account, created_at);

-- Sessions of the account that were opened after a cut-off of a lower number only are over.
CREATE TABLE cut_off (
    account   TEXT    NOT NULL,
    -- Empty: every site.
    recipient TEXT    NOT NULL,
    -- Counts the cut-offs of the account.
    number    INTEGER NOT NULL,
    PRIMARY KEY (account, recipient)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked (
    account TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Which keys an account signed in with.
CREATE TABLE known_key (
    account TEXT    NOT NULL,
    handle  TEXT    NOT NULL,
    -- Counts the uses of the account's keys: the highest was used last.
    used    INTEGER NOT NULL,
    PRIMARY KEY (account, handle)
) STRICT, WITHOUT ROWID;
