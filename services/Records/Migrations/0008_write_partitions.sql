-- Writes of records name the partition too: by the parent each execution takes the locks of seventeen tables and routes
-- its rows anew. A partition takes rows of its own orgs only, by its bounds, and of the transaction's org only, by its
-- forced policy.
do $$
begin
    for i in 0..15 loop
        execute format('grant insert, update on records.%I to {role}', 'records_' || to_char(i, 'FM00'));
        execute format('grant insert on records.%I, records.%I to {role}',
            'changes_' || to_char(i, 'FM00'), 'unique_values_' || to_char(i, 'FM00'));
    end loop;
end $$;
