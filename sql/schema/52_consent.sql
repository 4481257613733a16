-- Subjects of data, their consents, and the products that ask for them.

CREATE TABLE datamesh.subject_kind (
	id         bigint PRIMARY KEY,
	name       text COLLATE "C" NOT NULL UNIQUE,
	domain     bigint NOT NULL,
	key_type   text NOT NULL,
	hashed     boolean NOT NULL,
	hash_key   bytea NOT NULL,
	created_at timestamptz NOT NULL,
	created_by regrole NOT NULL
);
COMMENT ON TABLE datamesh.subject_kind IS 'kinds of data subjects; the domain is the one that records their consents';
SELECT pg_extension_config_dump('datamesh.subject_kind', '');

CREATE TABLE datamesh.subject (
	id          bigint PRIMARY KEY,
	kind        bigint NOT NULL,
	relation    regclass NOT NULL,
	column_name text NOT NULL,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL
);
COMMENT ON TABLE datamesh.subject IS 'columns that name the data subject of a row';
CREATE INDEX subject_relation_idx ON datamesh.subject (relation);
SELECT pg_extension_config_dump('datamesh.subject', '');

CREATE TABLE datamesh.consent (
	id          bigint NOT NULL,
	kind        bigint NOT NULL,
	subject     text COLLATE "C" NOT NULL,
	purpose     text COLLATE "C" NOT NULL,
	granted     boolean NOT NULL,
	evidence    text,
	recorded_at timestamptz NOT NULL,
	recorded_by regrole NOT NULL,
	PRIMARY KEY (kind, subject, id)
);
COMMENT ON TABLE datamesh.consent IS 'the history of consents; rows are added and never changed';
SELECT pg_extension_config_dump('datamesh.consent', '');

-- What the history comes to, in a form that a query can probe: bits for 4096 keys, or sorted
-- digests of keys (src/rowpolicy/consent_set.h).  Updates find room on their page.
CREATE TABLE datamesh.consent_set (
	kind    bigint NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	chunk   bigint NOT NULL,
	granted bytea NOT NULL,
	denied  bytea NOT NULL,
	PRIMARY KEY (kind, purpose, chunk)
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.consent_set IS 'who has consented or refused, as sets of keys';
ALTER TABLE datamesh.consent_set ALTER granted SET STORAGE EXTERNAL, ALTER denied SET STORAGE EXTERNAL;
SELECT pg_extension_config_dump('datamesh.consent_set', '');

CREATE TABLE datamesh.consent_requirement (
	product    bigint NOT NULL,
	purpose    text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL,
	created_by regrole NOT NULL,
	PRIMARY KEY (product, purpose)
);
COMMENT ON TABLE datamesh.consent_requirement IS 'purposes for which a product shows only rows of subjects who have consented';
SELECT pg_extension_config_dump('datamesh.consent_requirement', '');

CREATE SEQUENCE datamesh.subject_kind_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.subject_kind_id_seq', '');
CREATE SEQUENCE datamesh.subject_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.subject_id_seq', '');
CREATE SEQUENCE datamesh.consent_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.consent_id_seq', '');
