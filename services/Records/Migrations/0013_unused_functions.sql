-- What a write refers to and the version that it goes by are looked up by statements that name the org's partition
-- (0010); nothing calls these any more.
drop function records.require(bigint, int, bigint[]);
drop function records.require_version(bigint, int, bigint, bigint);
