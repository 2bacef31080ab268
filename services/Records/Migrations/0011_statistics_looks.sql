-- How far an account's log was when its objects were last counted for their statistics: what came since tells, without
-- counting records, whether it is worth while to look again.
create table records.statistics_looks (
    org_id bigint not null,
    account_id int not null,
    position bigint not null,
    records bigint not null,
    looked_at timestamptz not null default now(),
    primary key (org_id, account_id))
    partition by hash (org_id);

do $$
declare
    relation text;
begin
    for i in -1..15 loop
        relation := 'statistics_looks' || case when i < 0 then '' else '_' || to_char(i, 'FM00') end;
        if i >= 0 then
            execute format('create table records.%I partition of records.statistics_looks
                for values with (modulus 16, remainder %s)', relation, i);
        end if;
        execute format('alter table records.%I enable row level security', relation);
        execute format('alter table records.%I force row level security', relation);
        execute format($policy$create policy own_org on records.%I
            using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
    end loop;
end $$;

grant select, insert, update, delete on records.statistics_looks to {role};
