using System.Globalization;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Sql;

/// <summary>Collects the values of a statement. Equal values share a parameter, so that equal expressions are equal
/// SQL.</summary>
internal sealed class QueryParameters
{
    private readonly List<QueryParameter> list = [];
    private readonly Dictionary<QueryParameter, int> known = [];

    /// <param name="reserved">Parameters that the statement has from elsewhere, these two the first of them.</param>
    public QueryParameters(AccountKey account, int reserved = 0)
    {
        Add(account.Org.Value, NpgsqlDbType.Bigint);
        Add(account.Account.Value, NpgsqlDbType.Integer);
        while (list.Count < reserved) list.Add(list[0]);
    }

    /// <summary>The org and account that every table of the statement is bound to.</summary>
    public const string Org = "$1";

    /// <inheritdoc cref="Org"/>
    public const string Account = "$2";

    public IReadOnlyList<QueryParameter> List => list;

    public string Add(object value, NpgsqlDbType type)
    {
        var parameter = new QueryParameter(value, type);
        if (!known.TryGetValue(parameter, out var number))
        {
            list.Add(parameter);
            known[parameter] = number = list.Count;
        }
        return "$" + number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A constant in the SQL type of its kind.</summary>
    public string Add(ConstantValue constant) => constant.Kind switch
    {
        ValueKind.Number => Add(constant.Value, NpgsqlDbType.Text) + "::numeric",
        ValueKind.Boolean => Add(constant.Value, NpgsqlDbType.Boolean),
        ValueKind.Date => Add(Iso((DateOnly)constant.Value), NpgsqlDbType.Text),
        ValueKind.DateTime => Add(((DateTimeOffset)constant.Value).UtcDateTime, NpgsqlDbType.TimestampTz),
        ValueKind.Id => Add(constant.Value, NpgsqlDbType.Bigint),
        _ => Add(constant.Value, NpgsqlDbType.Text),
    };

    /// <summary>Constants of one kind as an SQL array.</summary>
    public string AddArray(ValueKind kind, IEnumerable<object> values) => kind switch
    {
        ValueKind.Number => Add(values.Cast<string>().ToArray(),
            NpgsqlDbType.Array | NpgsqlDbType.Text) + "::numeric[]",
        ValueKind.Boolean => Add(values.Cast<bool>().ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Boolean),
        ValueKind.Date => Add(values.Select(day => Iso((DateOnly)day)).ToArray(),
            NpgsqlDbType.Array | NpgsqlDbType.Text),
        ValueKind.DateTime => Add(values.Select(time => ((DateTimeOffset)time).UtcDateTime).ToArray(),
            NpgsqlDbType.Array | NpgsqlDbType.TimestampTz),
        ValueKind.Id => Add(values.Cast<long>().ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
        _ => Add(values.Cast<string>().ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
    };

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
