-- +goose Up
-- Times are milliseconds since 1970 UTC; 0 means not yet. A row's key is the engine's.

-- How far the records of each partition are in the store. It is written in the transaction that
-- writes what they changed: so each record counts exactly once.
CREATE TABLE positions (
	partition INTEGER PRIMARY KEY,
	position  INTEGER NOT NULL,
	timestamp INTEGER NOT NULL
) STRICT;

-- One row per process instance. steps holds one line per step; see steps.go.
CREATE TABLE instances (
	key            INTEGER PRIMARY KEY,
	process_id     TEXT    NOT NULL,
	version        INTEGER NOT NULL,
	definition_key INTEGER NOT NULL,
	parent_key     INTEGER NOT NULL,
	state          INTEGER NOT NULL,
	started_at     INTEGER NOT NULL,
	ended_at       INTEGER NOT NULL,
	steps          TEXT    NOT NULL
) STRICT;
CREATE INDEX instances_started ON instances (started_at);
CREATE INDEX instances_active ON instances (started_at) WHERE state = 0;

-- One row per payment. facts holds what its state is decided from, a JSON object.
CREATE TABLE transfers (
	instance_key   INTEGER PRIMARY KEY,
	transaction_id TEXT    NOT NULL,
	client_ref     TEXT    NOT NULL,
	tenant         TEXT    NOT NULL,
	payee_tenant   TEXT    NOT NULL,
	payer          TEXT    NOT NULL,
	payee          TEXT    NOT NULL,
	amount         TEXT    NOT NULL,
	currency       TEXT    NOT NULL,
	state          TEXT    NOT NULL,
	reason         TEXT    NOT NULL,
	started_at     INTEGER NOT NULL,
	changed_at     INTEGER NOT NULL,
	ended_at       INTEGER NOT NULL,
	facts          TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX transfers_id ON transfers (transaction_id, instance_key);
CREATE INDEX transfers_started ON transfers (started_at);
CREATE INDEX transfers_state ON transfers (state, started_at);

-- Open jobs; a job that ended is a step of its instance.
CREATE TABLE jobs (
	key          INTEGER PRIMARY KEY,
	instance_key INTEGER NOT NULL,
	process_id   TEXT    NOT NULL,
	element_id   TEXT    NOT NULL,
	type         TEXT    NOT NULL,
	worker       TEXT    NOT NULL,
	retries      INTEGER NOT NULL,
	deadline     INTEGER NOT NULL,
	created_at   INTEGER NOT NULL,
	error        TEXT    NOT NULL
) STRICT;

CREATE TABLE incidents (
	key          INTEGER PRIMARY KEY,
	instance_key INTEGER NOT NULL,
	process_id   TEXT    NOT NULL,
	element_id   TEXT    NOT NULL,
	job_key      INTEGER NOT NULL,
	error_type   TEXT    NOT NULL,
	error        TEXT    NOT NULL,
	created_at   INTEGER NOT NULL,
	resolved_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX incidents_instance ON incidents (instance_key);
CREATE INDEX incidents_open ON incidents (created_at) WHERE resolved_at = 0;

-- Messages that are kept for somebody to come.
CREATE TABLE messages (
	key             INTEGER PRIMARY KEY,
	name            TEXT    NOT NULL,
	correlation_key TEXT    NOT NULL,
	message_id      TEXT    NOT NULL,
	published_at    INTEGER NOT NULL,
	deadline        INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE messages;
DROP TABLE incidents;
DROP TABLE jobs;
DROP TABLE transfers;
DROP TABLE instances;
DROP TABLE positions;
