CREATE SCHEMA datamesh;
COMMENT ON SCHEMA datamesh IS 'catalog tables, views and helpers of the datamesh extension';
GRANT USAGE ON SCHEMA datamesh TO PUBLIC;
