namespace Xingchen.Benchmarks.Compare;

/// <summary>Gives every further org the records of its template, as the superuser of the benchmark's own
/// database.</summary>
/// <remarks>The templates came in through the service's own import, so that bodies, slots, unique values and the log
/// are what it writes; a clone differs in its org and in the numbers of its records' ids. 10,000,000 records would take
/// an hour to import.</remarks>
internal static class CloneSql
{
    /// <summary>The orgs to fill, <c>o</c>: <c>{0}</c> is their number.</summary>
    private const string Orgs = """
        (select n, 1000 + n as org, 1000 + case when mod(n, 10) = 0 then 0 else 1 end as template
         from generate_series(2, {0} - 1) n) o on r.org_id = o.template
        """;

    /// <summary>For the typed table.</summary>
    public const string Typed = $"""
        insert into customer (org_id, name, code, status, credit_limit, payment_days, email, phone, address, city,
            country, customer_since)
        select o.org, r.name, r.code, r.status, r.credit_limit, r.payment_days, r.email, r.phone, r.address, r.city,
            r.country, r.customer_since
        from customer r join {Orgs}
        """;

    /// <summary>For every table of ours that is about records, whatever columns it has.</summary>
    /// <remarks>Ids are moved by more than the templates and the block of numbers span that the service holds; the
    /// sequence of numbers goes behind them. Positions and transaction ids of the log are drawn anew.</remarks>
    public const string Records = $"""
        do $do$
        declare
            parent text;
            columns text;
            expressions text;
            span bigint;
        begin
            select max(id) - min(id) + 100000 into span from records.records;
            for parent in
                select c.relname from pg_class c
                where c.relnamespace = 'records'::regnamespace and c.relkind = 'p' and (c.relname = 'records'
                    or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'record_id'))
            loop
                select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
                    string_agg(case
                        when a.attname = 'org_id' then 'o.org'
                        when a.attname = 'record_id' or a.attname = 'id' and parent = 'records'
                            then format('r.%I + o.n * %s', a.attname, span)
                        else format('r.%I', a.attname) end, ', ' order by a.attnum)
                into columns, expressions
                from pg_attribute a
                where a.attrelid = format('records.%I', parent)::regclass and a.attnum > 0 and not a.attisdropped
                    and a.attgenerated = '' and a.attname not in ('seq', 'xid');
                execute format($sql$insert into records.%I (%s) select %s from records.%I r join {Orgs}$sql$,
                    parent, columns, expressions, parent);
            end loop;
            perform setval('records.numbers',
                ((select max(id) & ((1::bigint << 45) - 1) from records.records) / 1000 + 100) * 1000);
        end $do$
        """;
}
