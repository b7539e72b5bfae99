-- The books of one institution. Amounts are whole minor units of the account's currency; times are milliseconds since 1970 UTC.
-- +goose Up
CREATE TABLE accounts (
    id        TEXT    NOT NULL PRIMARY KEY,
    kind      TEXT    NOT NULL CHECK (kind IN ('CUSTOMER', 'INTERNAL')),
    holder    TEXT    NOT NULL,
    currency  TEXT    NOT NULL,
    standing  TEXT    NOT NULL CHECK (standing IN ('OPEN', 'FROZEN', 'CLOSED')),
    balance   INTEGER NOT NULL CHECK (typeof(balance) = 'integer'),
    held      INTEGER NOT NULL CHECK (typeof(held) = 'integer' AND held >= 0),
    CHECK (kind = 'INTERNAL' OR balance >= held)
) WITHOUT ROWID;

CREATE TABLE aliases (
    type       TEXT NOT NULL,
    identifier TEXT NOT NULL,
    sub_id     TEXT NOT NULL,
    account    TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (type, identifier, sub_id)
) WITHOUT ROWID;
CREATE INDEX aliases_of_account ON aliases (account);

-- One row per reference, refused ones included: what makes a repeat get the same answer. A fence is a row that was there before
-- the operation it refuses. code is empty for what was carried out. target is the hold of a booking or release, the original of a
-- reversal, and for a fence the reference that set it.
CREATE TABLE operations (
    seq       INTEGER NOT NULL PRIMARY KEY,
    reference TEXT    NOT NULL UNIQUE,
    operation TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    code      TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    amount    INTEGER NOT NULL CHECK (typeof(amount) = 'integer' AND amount >= 0),
    currency  TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    at        INTEGER NOT NULL
);
-- The last line of defence: one booking per hold, one reversal per original, whatever the code above it does.
CREATE UNIQUE INDEX one_booking_per_hold ON operations (target) WHERE operation = 'book' AND code = '';
CREATE UNIQUE INDEX one_reversal_per_original ON operations (target) WHERE operation = 'reverse' AND code = '' AND account <> '';

CREATE TABLE holds (
    reference TEXT    NOT NULL PRIMARY KEY REFERENCES operations (reference),
    account   TEXT    NOT NULL REFERENCES accounts (id),
    amount    INTEGER NOT NULL CHECK (amount > 0),
    booked    INTEGER NOT NULL DEFAULT 0 CHECK (booked BETWEEN 0 AND amount),
    state     TEXT    NOT NULL CHECK (state IN ('HELD', 'BOOKED', 'RELEASED')),
    expires   INTEGER NOT NULL,
    ended_by  TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX living_holds ON holds (expires, reference) WHERE state = 'HELD';

-- The entries of one operation are a journal: they sum to zero.
CREATE TABLE entries (
    account   TEXT    NOT NULL REFERENCES accounts (id),
    operation INTEGER NOT NULL REFERENCES operations (seq),
    amount    INTEGER NOT NULL CHECK (typeof(amount) = 'integer' AND amount <> 0),
    balance   INTEGER NOT NULL CHECK (typeof(balance) = 'integer'),
    PRIMARY KEY (account, operation)
) WITHOUT ROWID;
CREATE INDEX entries_of_operation ON entries (operation);

-- +goose Down
DROP TABLE entries;
DROP TABLE holds;
DROP TABLE operations;
DROP TABLE aliases;
DROP TABLE accounts;
