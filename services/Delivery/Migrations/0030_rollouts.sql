-- Rollouts: another version of a package for the accounts that have the package, wave by wave.

-- What an act found installed when it was asked for; it is not carried out where that has changed. null: whatever.
alter table delivery.installations add expected text;

create table delivery.rollouts (
    id text not null,                  -- drawn at random: unique without an index that says so
    org_id bigint not null,            -- who started it
    package text not null,
    version text not null,
    environment text,                  -- whose deployment asked for it; null for none
    groups jsonb,                      -- the cells it is for; null for all
    waves jsonb not null,
    bake_seconds int not null,
    limits jsonb not null,
    status text not null check (status in ('running', 'paused', 'halted', 'completed', 'aborted')),
    wave int not null default 0,       -- the one that is under way, from 0
    backwards boolean not null default false, -- aborted, and all go back
    reason text,                       -- why it was halted
    moving boolean not null default true, -- whether the worker has to look at it
    next_at timestamptz not null default now(),
    created_at timestamptz not null,
    created_by text not null,
    ended_at timestamptz,
    primary key (org_id, id));
create index on delivery.rollouts (id);
create index on delivery.rollouts (next_at) where moving;
create index on delivery.rollouts (package, id);
grant select, insert, update on delivery.rollouts to {role};

-- How far each account is. former: the version it had when the rollout began.
create table delivery.rollout_accounts (
    rollout text not null,
    org_id bigint not null,
    account_id int not null,
    wave int not null,
    former text not null,
    status text not null check (status in (
        'waiting', 'upgrading', 'baking', 'healthy', 'skipped', 'failed', 'rolling-back', 'rolled-back', 'stuck')),
    installation text,                 -- the act that is under way, or the last one
    started_at timestamptz,
    baking_since timestamptz,
    reason text,                       -- what its publisher may know too
    detail text,                       -- what only the org and the operator may
    primary key (org_id, account_id, rollout));
create index on delivery.rollout_accounts (rollout, wave, status);
create index on delivery.rollout_accounts (org_id, account_id) where status in ('upgrading', 'baking');
grant select, insert, update on delivery.rollout_accounts to {role};

-- How the requests of accounts with packages end, as gateways counted: in pieces of two seconds while a rollout looks
-- at the account, of a minute else. Kept for two hours.
create table delivery.health (
    org_id bigint not null,
    account_id int not null,
    at timestamptz not null,
    requests int not null,
    failures int not null,
    refusals int not null,
    milliseconds bigint not null,
    primary key (org_id, account_id, at));
create index on delivery.health using brin (at);
grant select, insert, update, delete on delivery.health to {role};

-- Which gateways report, and when they last did. No org's data.
create table delivery.gateways (
    instance text primary key,
    at timestamptz not null);
grant select, insert, update, delete on delivery.gateways to {role};

do $$
declare
    relation text;
begin
    foreach relation in array array['rollouts', 'rollout_accounts', 'health'] loop
        execute format('alter table delivery.%I enable row level security', relation);
        execute format('alter table delivery.%I force row level security', relation);
        execute format($policy$
            create policy own on delivery.%I using (
                org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint
                or current_setting('xingchen.platform', true) = 'on')
            $policy$, relation);
    end loop;
end $$;
