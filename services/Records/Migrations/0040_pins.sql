-- Which release of the standard product an org has is asked where its schema is compiled.
grant select on metadata.pins to {role};
