-- What enters is plain SQL now, sent by OrgBatch: metadata.enter, in PL/pgSQL, cost as much as the read of a record,
-- and the parent of the stacks made each entry lock seventeen tables. (Records' 0001 still grants it, so Records' 0003
-- drops it.) This alone is left of it: what refuses.

-- Ends (XC001) a transaction that was compiled for versions of metadata that are no longer in force.
create function metadata.stale() returns int language plpgsql volatile
    as $$
begin
    raise exception using errcode = 'XC001', message = 'schema-stale';
end $$;
revoke execute on function metadata.stale from public;
grant execute on function metadata.stale to {role};

-- The partitions may be named: a stack is looked up in the one that it rests in. Each has its own forced policy.
do $$
begin
    for i in 0..15 loop
        execute format('grant select on metadata.%I to {role}', 'stacks_' || to_char(i, 'FM00'));
    end loop;
end $$;
