-- Uninstalling with its data: the package is out of force, and Records exports and deletes what it has left.
alter table delivery.installations
    add column delete_data boolean not null default false,
    add column removal jsonb,    -- how far that is, as Records last said
    drop constraint installations_status_check,
    add constraint installations_status_check
        check (status in ('pending', 'activating', 'removing', 'active', 'removed', 'failed'));
drop index delivery.installations_seq_idx;
create index installations_open on delivery.installations (seq) where status in ('pending', 'activating', 'removing');
