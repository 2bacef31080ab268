-- What was in force when: a row per publication, written in its transaction. Layers are content under an address and
-- stay, so that an old schema compiles from its row. What was in force when this migration ran counts as in force since
-- ever, for nobody can tell any more.
create table metadata.standard_history (
    version bigint primary key,
    at timestamptz not null,
    global_digest text references metadata.layers,
    idc_digest text references metadata.layers,
    group_digest text references metadata.layers,
    places jsonb not null);
create table metadata.stack_history (
    org_id bigint not null,
    account_id int not null,
    version bigint not null,
    at timestamptz not null,
    packages jsonb not null,
    private_digest text,
    places jsonb not null,
    primary key (org_id, account_id, version))
    partition by hash (org_id);

insert into metadata.standard_history (version, at, global_digest, idc_digest, group_digest, places)
select version, '-infinity', global_digest, idc_digest, group_digest, places from metadata.standard;

-- Sixteen partitions, row-level security forced on the parent and on every partition; the rows that are there go in
-- before it is.
do $$
declare
    relation text;
    i int;
begin
    for i in 0..15 loop
        execute format(
            'create table metadata.%I partition of metadata.stack_history for values with (modulus 16, remainder %s)',
            'stack_history_' || to_char(i, 'FM00'), i);
    end loop;
    perform set_config('xingchen.platform', 'on', true);
    insert into metadata.stack_history (org_id, account_id, version, at, packages, private_digest, places)
    select org_id, account_id, version, '-infinity', packages, private_digest, places from metadata.stacks;
    perform set_config('xingchen.platform', '', true);
    for i in -1..15 loop
        relation := 'stack_history' || case when i < 0 then '' else '_' || to_char(i, 'FM00') end;
        execute format('alter table metadata.%I enable row level security', relation);
        execute format('alter table metadata.%I force row level security', relation);
        execute format($policy$create policy own_org on metadata.%I
            using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
    end loop;
end $$;

grant select, insert on metadata.stack_history, metadata.standard_history to {role};
