-- The zone that an account reckons its days in, by its IANA name.
alter table directory.accounts add column time_zone text not null default 'UTC';
create index accounts_zoned on directory.accounts (org_id, account_id) where time_zone <> 'UTC';
