-- What a write refers to is looked up and held by a statement of its own (RecordSql.AddRequire), which names the org's
-- partition and looks for each id by the whole key. records.require looked for all of them in the order of their ids;
-- planned while an account was small, that read all of its records for every write from then on.

-- Refuses (XR001) a write that refers to records that are not there.
create function records.refuse_references(p_missing bigint[]) returns int
    language plpgsql volatile
    as $$
begin
    raise exception using errcode = 'XR001', message = 'reference-not-found:' || array_to_string(p_missing, ',');
end $$;

-- Ends (XR002) a transaction that finds another version of the record than the one that was read.
create function records.refuse_version() returns int
    language plpgsql volatile
    as $$
begin
    raise exception using errcode = 'XR002', message = 'version-gone';
end $$;
revoke execute on function records.refuse_references, records.refuse_version from public;
grant execute on function records.refuse_references, records.refuse_version to {role};

-- Unique values are freed in the partition too.
do $$
begin
    for i in 0..15 loop
        execute format('grant delete on records.%I to {role}', 'unique_values_' || to_char(i, 'FM00'));
    end loop;
end $$;
