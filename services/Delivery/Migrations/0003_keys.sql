-- Public keys of publishers: what signatures of packages are checked against. Never taken away, only revoked, so that
-- it can be told for ever whose signature a package bears.
create table delivery.keys (
    publisher bigint not null,
    id text not null,
    name text not null,
    public_key text not null,
    created_at timestamptz not null,
    created_by text not null,
    revoked_at timestamptz,
    primary key (publisher, id));
grant select, insert on delivery.keys to {role};
grant update (revoked_at) on delivery.keys to {role};
alter table delivery.keys enable row level security;
alter table delivery.keys force row level security;
create policy own on delivery.keys using (
    publisher = nullif(current_setting('xingchen.org_id', true), '')::bigint);

-- Which key a version is signed with; null where it is not.
alter table delivery.versions add signed_by text;
