-- Data of packages that are uninstalled with it: exported first, then deleted, batch by batch. See
-- docs/concepts/packages.md.

-- id is that of the act of uninstalling. schema_at is when the last stack with the package came into force: its schema
-- names the data. A part is an object of that schema; part and after_id say how far the present state is.
create table records.removals (
    org_id bigint not null,
    account_id int not null,
    id text collate "C" not null,
    package text not null,
    schema_at timestamptz not null,
    state text not null check (state in ('exporting', 'deleting', 'done')),
    part int not null default 0,
    after_id bigint not null default 0,
    exported bigint not null default 0,
    deleted bigint not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz,
    primary key (org_id, account_id, id))
    partition by hash (org_id);

-- The export, as lines of JSON in the order of their records; a piece is what one transaction wrote.
create table records.removal_files (
    org_id bigint not null,
    account_id int not null,
    removal_id text collate "C" not null,
    object text collate "C" not null,
    first_id bigint not null,
    records int not null,
    content bytea not null,
    primary key (org_id, account_id, removal_id, object, first_id))
    partition by hash (org_id);

do $$
declare
    parent text;
    relation text;
    i int;
begin
    foreach parent in array array['removals', 'removal_files'] loop
        for i in -1..15 loop
            relation := parent || case when i < 0 then '' else '_' || to_char(i, 'FM00') end;
            if i >= 0 then
                execute format(
                    'create table records.%I partition of records.%I for values with (modulus 16, remainder %s)',
                    relation, parent, i);
            end if;
            execute format('alter table records.%I enable row level security', relation);
            execute format('alter table records.%I force row level security', relation);
            execute format($policy$create policy own_org on records.%I
                using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
        end loop;
    end loop;
end $$;

grant select, insert, update, delete on records.removals to {role};
grant select, insert, delete on records.removal_files to {role};
