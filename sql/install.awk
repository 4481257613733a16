# Puts the install script together from its fragments.

# A fresh install must create, not replace: else somebody could have put an object of that name in
# our way.  Only statements of the fragments begin in the first column, so that texts within function
# bodies stay as they are.
/^CREATE OR REPLACE / { sub(/^CREATE OR REPLACE /, "CREATE ") }

# --data standard version file source licence: a document of sql/data as a row
/^--data / {
	file = "sql/data/" $2 "/" $4 ".json"
	print "INSERT INTO datamesh.contract_schema (standard, version, built_in, uri, document, source, licence, added_at, added_by)"
	printf "SELECT '%s', '%s', true, d ->> '$id', d, '%s', '%s', now(), 'datamesh' FROM (SELECT $dm_data$", $2, $3, $5, $6
	lines = 0
	while ((status = (getline line < file)) > 0)
	{
		sub(/\r$/, "", line)
		# the script is read in the encoding of any database, and only descriptions have other signs
		gsub(/[^\t -~]+/, "-", line)
		print line
		lines++
	}
	close(file)
	if (status < 0 || lines == 0)
	{
		print "cannot read " file > "/dev/stderr"
		exit 1
	}
	print "$dm_data$::jsonb AS d) AS document;"
	next
}

{ print }
