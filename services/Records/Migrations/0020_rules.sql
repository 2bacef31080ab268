-- Ends (XR003) a transaction that has written records which break rules that read parents. The message names ids and
-- the places of rules in their object's list; the service has the words.
create function records.refuse(p_broken text) returns void
    language plpgsql volatile
    as $$
begin
    if p_broken is not null then
        raise exception using errcode = 'XR003', message = 'rules-broken:' || p_broken;
    end if;
end $$;
revoke execute on function records.refuse from public;
grant execute on function records.refuse to {role};

-- Rows of an import are checked as who sent them reckons days and reads messages.
alter table records.imports add column zone text not null default 'UTC';
alter table records.imports add column language text not null default 'en';
