-- Records of every object of every org of a cell; the layout and its numbers: docs/adr/0001-record-layout.md.
-- Metadata's migration of the same database runs first: records read its stacks in their own round trip.
create schema records;
grant usage on schema records, metadata to {role};
grant select on metadata.layers, metadata.standard, metadata.stacks, metadata.private_layers to {role};
grant execute on function metadata.enter(bigint, int, bigint, bigint, boolean) to {role};

-- The number part of record ids and the ids of imports: taken in blocks of 1,000 by each instance, never reused.
create sequence records.numbers as bigint increment by 1000 start with 1000 cache 1;
grant usage on sequence records.numbers to {role};

-- One row per record. body holds every value by its field's short, stable key; a slot repeats the value of an indexed
-- field, typed, so that an index that exists from the start serves it without DDL. kp is the id's key prefix as a
-- column, because row-level security lets only leakproof operators into an index condition, and a shift is none.
create table records.records (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    id bigint not null,
    version bigint not null,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    deleted_at timestamptz,
    created_by text not null,
    modified_by text not null,
    body jsonb not null,
    t1 text collate "C", t2 text collate "C", t3 text collate "C", t4 text collate "C",
    t5 text collate "C", t6 text collate "C", t7 text collate "C", t8 text collate "C",
    n1 float8, n2 float8, n3 float8, n4 float8, n5 float8, n6 float8,
    d1 timestamptz, d2 timestamptz, d3 timestamptz, d4 timestamptz,
    r1 bigint, r2 bigint, r3 bigint, r4 bigint, r5 bigint, r6 bigint, r7 bigint, r8 bigint,
    primary key (org_id, account_id, id))
    partition by hash (org_id);

-- The values that unique fields hold in live records, in the form in which they compare. Deleting a record frees them.
create table records.unique_values (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    field_key text collate "C" not null,
    value text collate "C" not null,
    record_id bigint not null,
    primary key (org_id, account_id, kp, field_key, value))
    partition by hash (org_id);

-- The log: outbox, history, change feed. before and after hold the changed values by body key, after is enough to
-- replay (body || after). Read in the order (xid, seq) below pg_snapshot_xmin(pg_current_snapshot()): what is there is
-- finished, so that no transaction in flight can appear behind the reader.
create sequence records.change_numbers as bigint cache 32;
grant usage on sequence records.change_numbers to {role};
create table records.changes (
    org_id bigint not null,
    account_id int not null,
    record_id bigint not null,
    version bigint not null,
    kp int not null,
    xid xid8 not null default pg_current_xact_id(),
    seq bigint not null default nextval('records.change_numbers'),
    at timestamptz not null,
    kind text not null check (kind in ('created', 'updated', 'deleted', 'restored', 'purged')),
    actor text not null,
    trace text not null,
    before jsonb,
    after jsonb,
    primary key (org_id, account_id, record_id, version))
    partition by hash (org_id);

-- The next number of an auto-number field. Gaps are allowed: a number is taken before its record is written.
create table records.counters (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    field_key text collate "C" not null,
    next bigint not null,
    primary key (org_id, account_id, kp, field_key))
    partition by hash (org_id);

-- Imports: the job, its spooled rows in the chunks that are its transactions, and the rows that failed.
create table records.imports (
    org_id bigint not null,
    account_id int not null,
    id bigint not null,
    object text not null,
    mode text not null check (mode in ('insert', 'upsert')),
    by_field text,
    columns jsonb,
    status text not null check (status in ('receiving', 'queued', 'running', 'completed', 'failed')),
    actor text not null,
    trace text not null,
    read bigint not null default 0,
    written bigint not null default 0,
    failed bigint not null default 0,
    bytes bigint not null default 0,
    detail text,
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (org_id, account_id, id))
    partition by hash (org_id);
create table records.import_chunks (
    org_id bigint not null,
    account_id int not null,
    import_id bigint not null,
    pass int not null,
    seq int not null,
    rows bytea not null,
    primary key (org_id, account_id, import_id, pass, seq))
    partition by hash (org_id);
create table records.import_failures (
    org_id bigint not null,
    account_id int not null,
    import_id bigint not null,
    line bigint not null,
    ordinal int not null,
    code text not null,
    detail text not null,
    primary key (org_id, account_id, import_id, line, ordinal))
    partition by hash (org_id);

-- Which imports wait for a worker, of all orgs: a worker cannot look for them behind row-level security. A ticket names
-- an account and its job and nothing of either; lease_until in the past means that anybody may take it.
create table records.tickets (
    id bigint primary key,
    context text not null,
    lease_until timestamptz not null);

-- Sixteen partitions each. Row-level security is forced on the parent and on every partition: naming a partition
-- directly goes past its parent's policies. There is no escape for the platform.
do $$
declare
    parent text;
    relation text;
    storage text;
    i int;
begin
    foreach parent in array array[
        'records', 'unique_values', 'changes', 'counters', 'imports', 'import_chunks', 'import_failures'] loop
        storage := case when parent in ('records', 'counters', 'imports') then ' with (fillfactor = 90)' else '' end;
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

-- An index per slot, from the start. The keyset condition of a page has slot <= x beside (slot, id) < (x, y), or the
-- partial index is passed by.
do $$
declare
    slot text;
begin
    foreach slot in array array['t1', 't2', 't3', 't4', 't5', 't6', 't7', 't8', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6',
        'd1', 'd2', 'd3', 'd4', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'] loop
        execute format('create index records_%1$s on records.records (org_id, account_id, kp, %1$I, id)
            where %1$I is not null', slot);
    end loop;
end $$;
create index changes_feed on records.changes (org_id, account_id, xid, seq);

grant select, insert, update, delete on records.records, records.unique_values, records.counters, records.imports,
    records.import_chunks, records.import_failures, records.tickets to {role};
grant select, insert on records.changes to {role};

-- Refuses (XR001) a write that refers to a record that is absent, deleted, of another object or another account: one
-- code for all of them. Holds what it found against deletion until the transaction ends..
create function records.require(p_org bigint, p_account int, p_ids bigint[]) returns void
    language plpgsql volatile
    as $$
declare
    missing bigint[];
begin
    with found as (
        select r.id from records.records r
        where r.org_id = p_org and r.account_id = p_account and r.id = any (p_ids) and r.deleted_at is null
        order by r.id for key share)
    select array_agg(wanted) into missing from unnest(p_ids) wanted where wanted not in (select id from found);
    if missing is not null then
        raise exception using errcode = 'XR001', message = 'reference-not-found:' || array_to_string(missing, ',');
    end if;
end $$;

-- Ends (XR002) a transaction that finds another version of the record than the one that was read; else holds the
-- record.
create function records.require_version(p_org bigint, p_account int, p_id bigint, p_version bigint) returns void
    language plpgsql volatile
    as $$
begin
    perform 1 from records.records r
    where r.org_id = p_org and r.account_id = p_account and r.id = p_id and r.version = p_version
        and r.deleted_at is null
    for no key update;
    if not found then
        raise exception using errcode = 'XR002', message = 'version-gone';
    end if;
end $$;
revoke execute on function records.require, records.require_version from public;
grant execute on function records.require, records.require_version to {role};
