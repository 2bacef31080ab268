-- What shall be and what is installed in accounts: desired state and its journal.

-- One act on a package of an account. Acts of one account are carried out one after the other, in the order of seq.
create table delivery.installations (
    org_id bigint not null,
    id text not null,
    seq bigint generated always as identity,
    account_id int not null,
    package text not null,
    version text not null,
    act text not null check (act in ('install', 'upgrade', 'rollback', 'uninstall')),
    status text not null check (status in ('pending', 'activating', 'active', 'removed', 'failed')),
    context jsonb not null,      -- whom it is for, to sign the calls of the worker
    grants jsonb not null,
    target jsonb,                -- the journal: the whole set, written before it is put in force
    problem jsonb,
    attempts int not null default 0,
    next_at timestamptz not null default now(),
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    primary key (org_id, id));
create index on delivery.installations (seq) where status in ('pending', 'activating');
create index on delivery.installations (org_id, account_id, package, seq);
grant select, insert, update on delivery.installations to {role};

-- What is in force, as Metadata has acknowledged it. requested: by name, and not only as a dependency.
create table delivery.installed (
    org_id bigint not null,
    account_id int not null,
    package text not null,
    version text not null,
    namespace text not null,
    layer text not null,
    requested boolean not null,
    grants jsonb not null,
    installation text not null,
    former text,
    primary key (org_id, account_id, package));
grant select, insert, update, delete on delivery.installed to {role};

do $$
declare
    relation text;
begin
    foreach relation in array array['installations', 'installed'] loop
        execute format('alter table delivery.%I enable row level security', relation);
        execute format('alter table delivery.%I force row level security', relation);
        execute format($policy$
            create policy own on delivery.%I using (
                org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint
                or current_setting('xingchen.platform', true) = 'on')
            $policy$, relation);
    end loop;
end $$;
