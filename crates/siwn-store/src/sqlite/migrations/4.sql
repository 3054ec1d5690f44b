-- The keys that tokens are signed with, sealed: a text that only whoever has the server's secret can read.
ALTER TABLE meta ADD COLUMN signing_keys TEXT;
