-- Reads name the partition that the org's rows rest in: planning one table instead of seventeen takes a twentieth of
-- the time, and its few locks stay on the fast path (docs/adr/0001-record-layout.md). Each partition has its own forced
-- policy, which shows the org of the transaction and no other. Writes go by the parents.
do $$
declare
    parent text;
begin
    foreach parent in array array['metadata.stacks', 'records.records', 'records.unique_values', 'records.changes'] loop
        for i in 0..15 loop
            execute format('grant select on %s_%s to {role}', parent, to_char(i, 'FM00'));
        end loop;
    end loop;
end $$;
grant execute on function metadata.stale(), metadata.standard_lock(), metadata.account_lock(bigint, int) to {role};
drop function metadata.enter(bigint, int, bigint, bigint, boolean);
