-- Complain when the script is sourced in psql rather than run by CREATE or ALTER EXTENSION.
\echo Use "CREATE EXTENSION datamesh" to load this file. \quit
SET LOCAL search_path TO pg_catalog, pg_temp;
