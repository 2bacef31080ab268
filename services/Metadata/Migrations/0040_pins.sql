-- Orgs that have another release of the standard product than their cell: canaries. The line with the highest version
-- counts; one without a package says that the org has the cell's again. A line bears the version that the standard
-- release gets in its transaction, so whoever was compiled for the version before is compiled again.
create table metadata.pins (
    org_id bigint not null,
    version bigint not null,
    at timestamptz not null,
    package jsonb,
    group_digest text,
    primary key (org_id, version))
    partition by hash (org_id);

do $$
declare
    relation text;
begin
    for i in -1..15 loop
        relation := 'pins' || case when i < 0 then '' else '_' || to_char(i, 'FM00') end;
        if i >= 0 then
            execute format('create table metadata.%I partition of metadata.pins
                for values with (modulus 16, remainder %s)', relation, i);
        end if;
        execute format('alter table metadata.%I enable row level security', relation);
        execute format('alter table metadata.%I force row level security', relation);
        execute format($policy$create policy own_org on metadata.%I
            using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
    end loop;
end $$;

grant select, insert on metadata.pins to {role};
