-- The log of packages: what was released and yanked, append-only, as a Merkle tree (RFC 9162). Public for ever: what is
-- not released is not in it.
create table delivery.log (
    seq bigint primary key check (seq >= 0),
    publisher bigint not null,
    event text not null check (event in ('release', 'yank')),
    name text not null,
    version text not null,
    entry text not null,         -- the leaf: its very bytes in UTF-8
    hashes bytea not null,       -- of the complete subtrees that this leaf is the last one of, from the leaf up
    unique (name, version, event),
    foreign key (name, version) references delivery.versions);
grant select, insert on delivery.log to {role};
alter table delivery.log enable row level security;
alter table delivery.log force row level security;
create policy seen on delivery.log for select using (true);
create policy added on delivery.log for insert with check (
    publisher = nullif(current_setting('xingchen.org_id', true), '')::bigint);

-- Keys that sign the heads of the log. The private halves are sealed with a key that is not in this database.
create table delivery.log_keys (
    id text primary key,
    public_key text not null,
    sealed_private_key bytea not null,
    created_at timestamptz not null);
grant select, insert on delivery.log_keys to {role};
alter table delivery.log_keys enable row level security;
alter table delivery.log_keys force row level security;
create policy services on delivery.log_keys using (current_setting('xingchen.platform', true) = 'on');
