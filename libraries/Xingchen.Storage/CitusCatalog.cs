using Dapper;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>A table as PostgreSQL's catalog has it.</summary>
/// <param name="Name">With its schema, quoted where it must be.</param>
/// <param name="PartitionKey">Such as <c>HASH (org_id)</c>; null where it has no partitions.</param>
/// <param name="FirstPartition">Its plain name; null where it has no partitions.</param>
/// <param name="OrgColumn">The type of <c>org_id</c>, with <c>not null</c>; null where it has none.</param>
internal sealed record CitusTable(
    uint Oid, string Name, string PlainName, string? PartitionKey, string? FirstPartition, string? OrgColumn)
{
    public bool IsOfOrgs => OrgColumn is not null;
}

/// <summary>What stands in a migrated database, of all schemas but PostgreSQL's own and the journal's.</summary>
internal sealed class CitusCatalog(NpgsqlConnection connection)
{
    /// <summary>In the order in which they were made: what is referred to comes first.</summary>
    public async Task<IReadOnlyList<CitusTable>> TablesAsync(CancellationToken ct) =>
        (await QueryAsync<CitusTable>("""
            select c.oid as "Oid", c.oid::regclass::text as "Name", c.relname::text as "PlainName",
                pg_get_partkeydef(c.oid) as "PartitionKey",
                (select p.relname::text from pg_inherits i join pg_class p on p.oid = i.inhrelid
                    where i.inhparent = c.oid order by p.relname limit 1) as "FirstPartition",
                (select format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
                    from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id') as "OrgColumn"
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p') and not c.relispartition and n.nspname <> 'migrations'
                and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
                and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
            order by c.oid
            """, null, ct)).AsList();

    /// <summary>What a distributed table may not have, each as a sentence; nothing where it is legal.</summary>
    public Task<IEnumerable<string>> FindingsAsync(CitusTable table, CancellationToken ct) =>
        QueryAsync<string>("""
            select format('its unique index %s lacks org_id', i.indexrelid::regclass)
            from pg_index i
            where i.indrelid = @oid and i.indisunique and not exists (
                select from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'org_id'
                    and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
            union all
            select format('its exclusion constraint %I', conname) from pg_constraint
            where conrelid = @oid and contype = 'x'
            union all
            select format('its trigger %I', tgname) from pg_trigger where tgrelid = @oid and not tgisinternal
            union all
            select format('its rule %I', rulename) from pg_rewrite where ev_class = @oid
            union all
            select format('its foreign key %I to %s does not pair org_id with org_id', k.conname, k.confrelid::regclass)
            from pg_constraint k
            where k.conrelid = @oid and k.contype = 'f' and k.conparentid = 0
                and exists (select from pg_attribute o where o.attrelid = k.confrelid and o.attname = 'org_id')
                and not exists (
                    select from unnest(k.conkey, k.confkey) as pair(mine, theirs)
                    join pg_attribute m on m.attrelid = k.conrelid and m.attnum = pair.mine and m.attname = 'org_id'
                    join pg_attribute t on t.attrelid = k.confrelid and t.attnum = pair.theirs and t.attname = 'org_id')
            union all
            select format('its column %I draws numbers and is no bigint', a.attname)
            from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = @oid and a.attnum > 0 and not a.attisdropped and a.atttypid <> 'bigint'::regtype
                and (a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like '%nextval(%')
            union all
            select format('it inherits from %s', i.inhparent::regclass) from pg_inherits i where i.inhrelid = @oid
            union all
            select format('its partition %s has partitions', p.oid::regclass)
            from pg_inherits i join pg_class p on p.oid = i.inhrelid where i.inhparent = @oid and p.relkind = 'p'
            """, new { oid = (long)table.Oid }, ct);

    /// <summary>What a table without <c>org_id</c> may not have: a reference to a table that has it.</summary>
    public Task<IEnumerable<string>> ReferenceFindingsAsync(CitusTable table, CancellationToken ct) =>
        QueryAsync<string>("""
            select format('has no org_id, and its foreign key %I refers to %s, which has', conname, confrelid::regclass)
            from pg_constraint k where conrelid = @oid and contype = 'f' and conparentid = 0 and exists (
                select from pg_attribute a where a.attrelid = k.confrelid and a.attname = 'org_id')
            """, new { oid = (long)table.Oid }, ct);

    /// <summary>Columns and constraints, as <c>create table</c> has them, in order.</summary>
    public Task<IEnumerable<string>> MembersAsync(CitusTable table, CancellationToken ct) =>
        QueryAsync<string>("""
            select member from (
                select 0 as kind, a.attnum::int as place,
                    format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
                    || case when a.attcollation <> 0 and a.attcollation <> t.typcollation
                        then ' collate ' || a.attcollation::regcollation::text else '' end
                    || case when a.attgenerated = 's'
                            then format(' generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
                        when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid)
                        when a.attidentity = 'a' then ' generated always as identity'
                        when a.attidentity = 'd' then ' generated by default as identity' else '' end
                    || case when a.attnotnull then ' not null' else '' end as member
                from pg_attribute a join pg_type t on t.oid = a.atttypid
                left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                where a.attrelid = @oid and a.attnum > 0 and not a.attisdropped
                union all
                select 1, row_number() over (order by conname)::int,
                    format('constraint %I %s', conname, pg_get_constraintdef(oid))
                from pg_constraint where conrelid = @oid and contype in ('p', 'u', 'c', 'f') and conparentid = 0) m
            order by kind, place
            """, new { oid = (long)table.Oid }, ct);

    /// <summary>Statements that follow <c>create table</c>: indexes, row-level security, policies, grants.</summary>
    public Task<IEnumerable<string>> FollowingAsync(CitusTable table, CancellationToken ct) =>
        QueryAsync<string>("""
            select statement from (
                select 0 as kind, i.indexrelid::regclass::text as name,
                    replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') as statement
                from pg_index i where i.indrelid = @oid
                    and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = @oid)
                union all
                select 1, '', replace(pg_get_statisticsobjdef(s.oid), p.relname, c.relname)
                from pg_class c join pg_inherits i on i.inhparent = c.oid join pg_class p on p.oid = i.inhrelid
                join pg_statistic_ext s on s.stxrelid = p.oid
                where c.oid = @oid and p.relname = @first
                union all
                select 2, '', format('alter table %s enable row level security', c.oid::regclass)
                from pg_class c where c.oid = @oid and c.relrowsecurity
                union all
                select 3, '', format('alter table %s force row level security', c.oid::regclass)
                from pg_class c where c.oid = @oid and c.relforcerowsecurity
                union all
                select 4, l.polname, format('create policy %I on %s as %s for %s to %s',
                        l.polname, l.polrelid::regclass,
                        case when l.polpermissive then 'permissive' else 'restrictive' end,
                        case l.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                            when 'd' then 'delete' else 'all' end,
                        case when 0 = any (l.polroles) then 'public' else (
                            select string_agg(quote_ident(rolname), ', ') from pg_roles
                            where oid = any (l.polroles)) end)
                    || coalesce(' using (' || pg_get_expr(l.polqual, l.polrelid) || ')', '')
                    || coalesce(' with check (' || pg_get_expr(l.polwithcheck, l.polrelid) || ')', '')
                from pg_policy l where l.polrelid = @oid
                union all
                select 5, g.rolname, format('grant %s on %s to %I',
                    string_agg(lower(x.privilege_type), ', ' order by x.privilege_type), c.oid::regclass, g.rolname)
                from pg_class c cross join lateral aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
                where c.oid = @oid and x.grantee <> c.relowner group by c.oid, g.rolname
                union all
                select 6, g.rolname, format('grant %s (%s) on %s to %I', lower(x.privilege_type),
                    string_agg(quote_ident(a.attname), ', ' order by a.attnum), a.attrelid::regclass, g.rolname)
                from pg_attribute a cross join lateral aclexplode(a.attacl) x join pg_roles g on g.oid = x.grantee
                where a.attrelid = @oid group by a.attrelid, g.rolname, x.privilege_type) f
            order by kind, name
            """, new { oid = (long)table.Oid, first = table.FirstPartition ?? "" }, ct);

    /// <summary>How the first partition is stored, such as <c>fillfactor=90</c>.</summary>
    public Task<IEnumerable<string>> StorageAsync(CitusTable table, CancellationToken ct) =>
        QueryAsync<string>("""
            select unnest(p.reloptions) from pg_inherits i join pg_class p on p.oid = i.inhrelid
            where i.inhparent = @oid and p.relname = @first
            """, new { oid = (long)table.Oid, first = table.FirstPartition ?? "" }, ct);

    /// <summary>Functions of our schemas that make a setting, as <c>create or replace</c>.</summary>
    public Task<IEnumerable<string>> SettingFunctionsAsync(CancellationToken ct) =>
        QueryAsync<string>("""
            select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where p.prosrc like '%set\_config(%' and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
                and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
            order by p.oid
            """, null, ct);

    private Task<IEnumerable<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: ct));
}
