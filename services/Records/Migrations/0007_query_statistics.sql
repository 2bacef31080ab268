-- What a sample of an account's records of one object holds, for the choice of what a query goes by. Stale or lost, it
-- makes a query slow, never wrong.
create table records.statistics (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    collected_at timestamptz not null,
    records bigint not null,
    slots jsonb not null,
    primary key (org_id, account_id, kp))
    partition by hash (org_id);

do $$
declare
    relation text;
begin
    for i in -1..15 loop
        relation := 'statistics' || case when i < 0 then '' else '_' || to_char(i, 'FM00') end;
        if i >= 0 then
            execute format('create table records.%I partition of records.statistics
                for values with (modulus 16, remainder %s)', relation, i);
        end if;
        execute format('alter table records.%I enable row level security', relation);
        execute format('alter table records.%I force row level security', relation);
        execute format($policy$create policy own_org on records.%I
            using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
    end loop;
end $$;

grant select, insert, update, delete on records.statistics to {role};
