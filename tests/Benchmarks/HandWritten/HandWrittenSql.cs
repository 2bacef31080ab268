namespace Xingchen.Benchmarks.HandWritten;

/// <summary>A typed table with an index for each filter that the standard object's indexed fields allow.</summary>
internal static class HandWrittenSql
{
    /// <summary>The serving role; <c>{0}</c> is its password.</summary>
    public const string Role = "create role hand_written login password '{0}'";

    /// <summary>What the owner runs in each database.</summary>
    public const string Schema = """
        create table customer (
            org_id bigint not null default current_setting('hand_written.org', true)::bigint,
            id bigint not null generated always as identity,
            version bigint not null default 1,
            created_at timestamptz not null default now(), modified_at timestamptz not null default now(),
            created_by text, modified_by text,
            name varchar(200) not null, code varchar(30), status varchar(30) default 'active',
            region bigint, owner bigint, currency bigint,
            credit_limit numeric(18, 4), payment_days int default 30, tax_number varchar(40), email varchar(254),
            phone varchar(40), website varchar(2000), address varchar(200), city varchar(80), postal_code varchar(20),
            country varchar(60), customer_since date, notes text,
            primary key (org_id, id));
        create unique index on customer (org_id, code);
        create index on customer (org_id, name, id);
        create index on customer (org_id, status, id);
        create index on customer (org_id, credit_limit, id);
        create index on customer (org_id, city, id);
        create index on customer (org_id, country, id);
        create index on customer (org_id, customer_since, id);
        create index on customer (org_id, region, id);
        create index on customer (org_id, owner, id);
        create index on customer (org_id, currency, id);
        create table customer_audit (
            org_id bigint not null, customer_id bigint not null, version bigint not null,
            at timestamptz not null default now(), actor text not null, kind text not null,
            before jsonb, after jsonb,
            primary key (org_id, customer_id, version));
        grant select, insert, update, delete on customer, customer_audit to hand_written;
        """;

    public const string Get = "select * from customer where org_id = @org and id = @id";

    public const string List = """
        select * from customer where org_id = @org and status = @status and credit_limit <= @most
        order by credit_limit desc, id desc limit @limit
        """;

    public const string ByCountry = """
        select country, count(*) as number, sum(credit_limit) as total from customer where org_id = @org
        group by country
        """;

    public const string Insert = """
        insert into customer (org_id, created_by, modified_by, name, code, status, credit_limit, payment_days, email,
            phone, address, city, country, customer_since)
        values (@org, @actor, @actor, @Name, @Code, @Status, @CreditLimit, coalesce(@PaymentDays, 30), @Email,
            @Phone, @Address, @City, @Country, @CustomerSince)
        returning *
        """;

    public const string InsertAudited = $"""
        with written as ({Insert}),
        audit as (
            insert into customer_audit (org_id, customer_id, version, actor, kind, after)
            select w.org_id, w.id, w.version, @actor, 'created', to_jsonb(w) from written w)
        select * from written
        """;

    public const string Update = """
        update customer set version = version + 1, modified_at = now(), modified_by = @actor,
            credit_limit = coalesce(@CreditLimit, credit_limit), city = coalesce(@City, city),
            phone = coalesce(@Phone, phone)
        where org_id = @org and id = @id
        returning *
        """;

    public const string UpdateAudited = $"""
        with before as (select * from customer where org_id = @org and id = @id for no key update),
        written as ({Update}),
        audit as (
            insert into customer_audit (org_id, customer_id, version, actor, kind, before, after)
            select w.org_id, w.id, w.version, @actor, 'updated', to_jsonb(b), to_jsonb(w) from written w, before b)
        select * from written
        """;

    public const string Copy = """
        copy customer (name, code, status, credit_limit, email, phone, address, city, country, customer_since)
        from stdin (format csv, header)
        """;
}
