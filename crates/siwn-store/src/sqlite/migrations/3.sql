-- The server's secrets, as text, where the operator gave none: the present one, and the next one with its time.
ALTER TABLE meta ADD COLUMN secrets TEXT;
UPDATE meta SET secrets = lower(hex(secret)), secret = NULL WHERE secret IS NOT NULL;
