-- The feed's order. A position is drawn while the record that it is about is held, one at a time and by no session in
-- advance, so that positions of one record, and of any two transactions of which one waited for the other, are in the
-- order of commit; (xid, seq) was not, for a transaction may have its xid long before it gets to a record. A reader
-- goes only to a position below which nothing is in flight: see docs/concepts/changes.md.
create sequence records.change_positions as bigint cache 1;
do $$
begin
    lock table records.changes in access exclusive mode;
    perform setval('records.change_positions', (select last_value + 1 from records.change_numbers), true);
end $$;
alter table records.changes alter column seq set default nextval('records.change_positions');
grant usage, select on records.change_positions to {role};

drop index records.changes_feed;
create index changes_feed on records.changes (org_id, account_id, seq);
