-- Which accounts have changes to relay, of all orgs: the relay cannot look for them behind row-level security. A ticket
-- names an account and nothing of its data. Every write leaves one, in its own transaction, where the account has none
-- that is open (not taken). Nothing is unique here, so no writer waits for another: two at once leave two.
-- tries: how often publishing failed in a row; due_at: nobody takes it before.
create table records.relay_tickets (
    id bigint generated always as identity primary key,
    context text collate "C" not null,
    taken boolean not null default false,
    tries int not null default 0,
    due_at timestamptz not null default now())
    with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000);
create index relay_tickets_open on records.relay_tickets (context, taken);

-- How far an account's log was published, and who publishes it: one at a time, or the order would be lost.
create table records.relay_positions (
    org_id bigint not null,
    account_id int not null,
    position bigint not null,
    holder bigint not null,
    held_until timestamptz not null,
    primary key (org_id, account_id))
    partition by hash (org_id);

do $$
declare
    relation text;
    i int;
begin
    for i in -1..15 loop
        relation := case when i < 0 then 'relay_positions' else 'relay_positions_' || to_char(i, 'FM00') end;
        if i >= 0 then
            execute format(
                'create table records.%I partition of records.relay_positions
                    for values with (modulus 16, remainder %s) with (fillfactor = 70)', relation, i);
        end if;
        execute format('alter table records.%I enable row level security', relation);
        execute format('alter table records.%I force row level security', relation);
        execute format($policy$create policy own_org on records.%I
            using (org_id = nullif(current_setting('xingchen.org_id', true), '')::bigint)$policy$, relation);
    end loop;
    -- What was written before there was a relay is not relayed.
    execute format('alter table records.relay_positions alter column position set default %s',
        (select last_value from records.change_positions));
end $$;

grant select, insert, update, delete on records.relay_tickets to {role};
grant select, insert, update on records.relay_positions to {role};
