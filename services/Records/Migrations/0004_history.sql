-- History: docs/concepts/history.md. Metadata's migrations of the same database have run first.
grant select on metadata.stack_history, metadata.standard_history to {role};

-- An entry with created_at is a baseline: everything older of its record was folded into it. after, or for a record in
-- the recycle bin before, then holds the whole body; created_at and created_by are those of the record.
alter table records.changes add column created_at timestamptz, add column created_by text;

-- A purge takes the values of its record out of the log, a trim folds old entries. Neither can change what an entry
-- says of who, when and which version.
grant update (before, after, created_at, created_by), delete on records.changes to {role};

-- Since when the log of an object tells every state of its records: before that, what was trimmed is not known.
create table records.history_kept (
    org_id bigint not null,
    account_id int not null,
    kp int not null,
    kept_from timestamptz not null,
    primary key (org_id, account_id, kp))
    partition by hash (org_id);

-- How far the present round of forgetting is through an account, in the order of ids, and when the last one ended.
create table records.retention (
    org_id bigint not null,
    account_id int not null,
    after_id bigint not null,
    done_at timestamptz,
    primary key (org_id, account_id))
    partition by hash (org_id);
grant select, insert, update on records.history_kept, records.retention to {role};
do $$
declare
    parent text;
    relation text;
    i int;
begin
    foreach parent in array array['history_kept', 'retention'] loop
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

-- The recycle bin by age; live records are not in it.
create index records_bin on records.records (org_id, account_id, kp, deleted_at) where deleted_at is not null;
