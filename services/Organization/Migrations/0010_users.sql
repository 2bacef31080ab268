-- People of an org, and what users and clients are granted. A grant takes effect by the directory's version: whoever
-- knows an older one is told what was granted since.
create table directory.users (
    org_id bigint not null references directory.orgs on delete cascade,
    user_id text not null,
    name text not null,
    email text not null,
    attributes jsonb not null default '{}',
    permission_sets text[] not null default '{}',
    created_at timestamptz not null default now(),
    granted_version bigint not null default 0,
    granted_at timestamptz,
    deleted_at timestamptz,
    primary key (org_id, user_id)
);
create unique index users_email on directory.users (org_id, lower(email)) where deleted_at is null;
create index users_deleted on directory.users (deleted_at) where deleted_at is not null;
create index users_granted on directory.users (granted_version) where granted_version > 0;

-- A client without permission sets (null) may do everything that its scopes allow.
alter table directory.clients
    add column permission_sets text[],
    add column attributes jsonb not null default '{}',
    add column acts_for_users boolean not null default false,
    add column granted_version bigint not null default 0,
    add column granted_at timestamptz;
create index clients_granted on directory.clients (granted_version) where granted_version > 0;

alter table directory.users enable row level security;
alter table directory.users force row level security;
create policy org on directory.users using (
    org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint
    or current_setting('xingchen.platform', true) = 'on');

grant select, insert, update, delete on directory.users to {role};
