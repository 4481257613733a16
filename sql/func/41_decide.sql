-- Internal: what the text of ports asks.  Folded to a constant while planning.

CREATE OR REPLACE FUNCTION datamesh.decide_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_decide_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.decide_support(internal) IS 'internal: planner support of admits, clear and token';

CREATE OR REPLACE FUNCTION datamesh.admits(product text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_admits'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.decide_support;
COMMENT ON FUNCTION datamesh.admits(text) IS 'internal: true if the current user may read the product for the session''s purpose, else an error';

CREATE OR REPLACE FUNCTION datamesh.clear(product text, tag text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_clear'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.decide_support;
COMMENT ON FUNCTION datamesh.clear(text, text) IS 'internal: true if the current user sees columns with the tag in clear';

CREATE OR REPLACE FUNCTION datamesh.token(product text, tag text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_clear_or_token'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.decide_support;
COMMENT ON FUNCTION datamesh.token(text, text) IS 'internal: true if the current user sees columns with the tag in clear or as tokens';

CREATE OR REPLACE FUNCTION datamesh.as_domain(value "any", witness anyelement)
RETURNS anyelement AS 'MODULE_PATHNAME', 'dm_as_domain'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.as_domain("any", anyelement) IS 'internal: a masked value as a value of its column''s domain, NULL if it does not satisfy the domain';

CREATE OR REPLACE FUNCTION datamesh.restricts(policy bigint)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_restricts'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.decide_support;
COMMENT ON FUNCTION datamesh.restricts(bigint) IS 'internal: true if the row policy restricts the current user';
