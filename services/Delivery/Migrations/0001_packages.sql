-- Packages and their versions: a publisher's, not an org's data. Versions that are released are there for all.
create schema delivery;
grant usage on schema delivery to {role};

-- Who has a name: the publisher that uploaded it first. namespace is null for the platform's own layers.
create table delivery.names (
    name text primary key,
    namespace text,
    publisher bigint not null);
grant select, insert on delivery.names to {role};

-- Canonical layer documents by their address: what Metadata pulls. As text, so that the address can be verified.
create table delivery.layers (
    digest text primary key,
    content text not null);
grant select, insert on delivery.layers to {role};

create table delivery.versions (
    name text not null references delivery.names,
    version text not null,
    namespace text,
    publisher bigint not null,
    layer text not null check (layer in ('global', 'idc', 'group', 'isv')),
    digest text not null,
    layer_digest text not null references delivery.layers,
    size bigint not null,
    status text not null check (status in ('uploaded', 'released', 'yanked')),
    manifest jsonb not null,
    warnings jsonb not null,
    uploaded_at timestamptz not null,
    uploaded_by text not null,
    released_at timestamptz,
    yanked_at timestamptz,
    yank_reason text,
    primary key (name, version));
create index on delivery.versions (digest);
create index on delivery.versions (layer_digest);
-- Status is all that ever changes of a version: its bytes and what they say cannot.
grant select, insert on delivery.versions to {role};
grant update (status, released_at, yanked_at, yank_reason) on delivery.versions to {role};

-- An unreleased version is its publisher's secret, whatever a statement forgets to ask.
alter table delivery.versions enable row level security;
alter table delivery.versions force row level security;
create policy seen on delivery.versions for select using (
    status <> 'uploaded'
    or publisher = nullif(current_setting('xingchen.org_id', true), '')::bigint
    or current_setting('xingchen.platform', true) = 'on');
create policy added on delivery.versions for insert with check (
    publisher = nullif(current_setting('xingchen.org_id', true), '')::bigint);
create policy changed on delivery.versions for update using (
    publisher = nullif(current_setting('xingchen.org_id', true), '')::bigint);
