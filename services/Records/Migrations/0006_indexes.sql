-- Indexes of fields that got them after their data: see docs/adr/0004-indexes-on-live-data.md.

-- How far the round of an index is filled in. A round that is ready stays so; another round is another number.
create table records.fills (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    field_key text collate "C" not null,
    kind text not null check (kind in ('index', 'unique', 'search')),
    round int not null,
    state text not null check (state in ('building', 'ready', 'failed')),
    through bigint not null,
    done bigint not null default 0,
    total bigint not null,
    failures bigint not null default 0,
    examples jsonb not null default '[]',
    swept boolean not null default false, -- whether what its earlier rounds left is gone
    changed_at timestamptz not null default now(),
    primary key (org_id, account_id, kp, field_key, kind))
    partition by hash (org_id);

-- The versions of metadata for which nothing is left to fill in: a visit ends here.
create table records.settled (
    org_id bigint not null,
    account_id int not null,
    stack bigint not null,
    standard bigint not null,
    primary key (org_id, account_id))
    partition by hash (org_id);

-- Where three characters stand in the texts of searchable fields, in the form in which they compare; at the end of a
-- text fewer. A text that is too long to be cut up has one row, with an empty gram.
create table records.search_grams (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    field_key text collate "C" not null,
    gram text collate "C" not null,
    record_id bigint not null,
    primary key (org_id, account_id, kp, field_key, gram, record_id))
    partition by hash (org_id);

do $$
declare
    parent text;
    relation text;
    storage text;
    i int;
begin
    foreach parent in array array['fills', 'settled', 'search_grams'] loop
        storage := case when parent = 'search_grams' then '' else ' with (fillfactor = 70)' end;
        for i in -1..15 loop
            relation := case when i < 0 then parent else parent || '_' || to_char(i, 'FM00') end;
            if i >= 0 then
                execute format(
                    'create table records.%I partition of records.%I for values with (modulus 16, remainder %s)%s',
                    relation, parent, i, storage);
                execute format('create statistics records.%I (dependencies) on org_id, account_id from records.%I',
                    relation || '_org', relation);
            end if;
            execute format('alter table records.%I enable row level security', relation);
            execute format('alter table records.%I force row level security', relation);
            execute format($policy$create policy own_org on records.%I
                using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
        end loop;
    end loop;
end $$;

grant select, insert, update, delete on records.fills, records.settled, records.search_grams to {role};
