-- Ends a transaction with p_code where some of its records are not among those that its caller has a right for; they
-- stand in the message after a colon.
create function records.require_allowed(p_ids bigint[], p_allowed bigint[], p_code text) returns void
    language plpgsql volatile
    as $$
declare
    refused bigint[];
begin
    select array_agg(wanted) into refused from unnest(p_ids) wanted where wanted <> all (p_allowed);
    if refused is not null then
        raise exception using errcode = p_code, message = 'not-allowed:' || array_to_string(refused, ',');
    end if;
end $$;
revoke execute on function records.require_allowed from public;
grant execute on function records.require_allowed to {role};
