using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Xingchen.Hosting;

/// <summary>The verified caller of a request: a parameter of a handler.</summary>
/// <remarks>Read from the signed header at every request and from nowhere else; verified once for a request, kept no
/// longer than it, never ambient.</remarks>
public sealed record Caller(OrgContext Context)
{
    public AccountKey Key => Context.Key;

    /// <summary>Binds a handler's parameter.</summary>
    /// <exception cref="ProblemException"><c>unauthenticated</c></exception>
    public static ValueTask<Caller> BindAsync(HttpContext http, ParameterInfo parameter) =>
        ValueTask.FromResult(Of(http));

    public static Caller Of(HttpContext http)
    {
        if (http.Features.Get<Caller>() is { } known) return known;
        var signer = http.RequestServices.GetRequiredService<ContextSigner>();
        var context = signer.Verify(http.Request.Headers[ContextSigner.Header])
            ?? throw new ProblemException(Problems.Unauthenticated, "The request carries no valid identity.");
        var caller = new Caller(context);
        http.Features.Set(caller);
        return caller;
    }
}

/// <summary>Scopes of routes.</summary>
public static class ScopeExtensions
{
    /// <summary>Lets through callers with at least one of <paramref name="scopes"/>.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, params string[] scopes)
        where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter((invocation, next) =>
        {
            var caller = Caller.Of(invocation.HttpContext);
            return scopes.Any(caller.Context.Has)
                ? next(invocation)
                : throw new ProblemException(Problems.ScopeMissing,
                    $"This needs a token with the scope {string.Join(" or ", scopes)}.");
        });
}
