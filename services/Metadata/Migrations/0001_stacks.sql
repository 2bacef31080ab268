-- Layers, the standard release and the accounts' stacks of a cell; Records reads them, Metadata alone writes them.
create schema metadata;
grant usage on schema metadata to {role};

-- Published layers of the standard product and of packages: immutable, no org's data; canonical JSON as text, so that
-- the address can be verified. The same content published under two names is one row; which name and version an account
-- has of it stands in its stack.
create table metadata.layers (
    digest text primary key,
    kind text not null,
    name text not null,
    namespace text,
    version text not null,
    content text not null);
grant select, insert on metadata.layers to {role};

-- The standard release of the cell: one row, moved as one. places grow and are never taken back. departed says of
-- fields that are no longer in force whether their values were unique: what comes back must be what its data is.
create table metadata.standard (
    id int primary key check (id = 1),
    version bigint not null,
    global_digest text references metadata.layers,
    idc_digest text references metadata.layers,
    group_digest text references metadata.layers,
    packages jsonb not null,
    places jsonb not null,
    departed jsonb not null default '{}');
insert into metadata.standard (id, version, packages, places) values (1, 0, '[]', '{}');
grant select, update on metadata.standard to {role};

-- An account's private layers by content; the one in force is named by its stack.
create table metadata.private_layers (
    org_id bigint not null,
    account_id int not null,
    digest text not null,
    content text not null,
    created_at timestamptz not null default now(),
    primary key (org_id, account_id, digest))
    partition by hash (org_id);
grant select, insert on metadata.private_layers to {role};

-- What an account has above the standard release. No row is version 0: nothing installed, nothing private, no cost.
create table metadata.stacks (
    org_id bigint not null,
    account_id int not null,
    version bigint not null check (version > 0),
    packages jsonb not null,
    private_digest text,
    places jsonb not null,
    departed jsonb not null default '{}',
    primary key (org_id, account_id))
    partition by hash (org_id);
grant select, insert, update on metadata.stacks to {role};

-- Sixteen partitions each, row-level security forced on the parent and on every partition (naming a partition directly
-- goes past its parent's policies).
do $$
declare
    parent text;
    relation text;
    i int;
begin
    foreach parent in array array['private_layers', 'stacks'] loop
        for i in -1..15 loop
            relation := case when i < 0 then parent else parent || '_' || to_char(i, 'FM00') end;
            if i >= 0 then
                execute format(
                    'create table metadata.%I partition of metadata.%I for values with (modulus 16, remainder %s)',
                    relation, parent, i);
            end if;
            execute format('alter table metadata.%I enable row level security', relation);
            execute format('alter table metadata.%I force row level security', relation);
            execute format($policy$create policy own_org on metadata.%I using (
                org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint
                or current_setting('xingchen.platform', true) = 'on')$policy$, relation);
        end loop;
    end loop;
end $$;

-- The keys of the advisory locks. A writer of records holds both shared; what changes a stack or the standard release
-- holds its own exclusively, so that no write straddles a publication.
create function metadata.account_lock(p_org bigint, p_account int) returns bigint
    language sql immutable strict parallel safe
    as $$ select hashint8extended(p_org, p_account) $$;

create function metadata.standard_lock() returns bigint
    language sql immutable parallel safe
    as $$ select 7309453075853832197 $$;

-- The first command of every batch on records: shows the org to row-level security and refuses (XC001) a request that
-- was compiled for versions that are no longer in force.
create function metadata.enter(p_org bigint, p_account int, p_stack bigint, p_standard bigint, p_write boolean)
    returns void language plpgsql volatile
    as $$
declare
    current_stack bigint;
    current_standard bigint;
begin
    perform set_config('xingchen.org_id', p_org::text, true);
    if p_write then
        perform pg_advisory_xact_lock_shared(7309453075853832197);
        perform pg_advisory_xact_lock_shared(hashint8extended(p_org, p_account));
    end if;
    select s.version into current_stack from metadata.stacks s where s.org_id = p_org and s.account_id = p_account;
    select s.version into current_standard from metadata.standard s where s.id = 1;
    if coalesce(current_stack, 0) <> p_stack or current_standard <> p_standard then
        raise exception using errcode = 'XC001', message = 'schema-stale';
    end if;
end $$;

revoke execute on function metadata.account_lock, metadata.standard_lock, metadata.enter from public;
grant execute on function metadata.account_lock, metadata.standard_lock, metadata.enter to {role};
