using Xingchen.Testing;

[assembly: AssemblyFixture(typeof(DdlAlarm))]
