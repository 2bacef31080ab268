[assembly: Xunit.AssemblyFixture(typeof(Xingchen.Testing.HostFixture))]
