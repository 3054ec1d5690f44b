-- The keys that tokens are signed with, sealed: a text that only whoever has the server's secret can read.
ALTER TABLE siwn.meta ADD COLUMN signing_keys text;
