-- What is to run where. The operator's, and no org's data.

-- Deployment packages: versions that are deployed together. Immutable.
create table delivery.deployment_packages (
    name text not null,
    version text not null,
    packages jsonb not null,           -- name, version, layer and digest of each, standard ones first
    created_at timestamptz not null,
    created_by text not null,
    primary key (name, version));
grant select, insert on delivery.deployment_packages to {role};

-- A logical environment, the cells that it consists of, and what shall run in it.
create table delivery.environments (
    name text primary key,
    idc text not null,
    groups jsonb,                      -- cells of the IDC; null for all
    waves jsonb not null,
    bake_seconds int not null,
    created_at timestamptz not null,
    created_by text not null,
    next_at timestamptz not null default now());
grant select, insert, update on delivery.environments to {role};

-- What was to run in an environment, one after the other; the last one counts. Only added to.
create table delivery.deployments (
    environment text not null references delivery.environments,
    revision int not null,
    package text not null,
    version text not null,
    set_at timestamptz not null,
    set_by text not null,
    why text not null,                 -- 'set', 'promoted from dev', 'rolled back'
    primary key (environment, revision),
    foreign key (package, version) references delivery.deployment_packages (name, version));
grant select, insert on delivery.deployments to {role};
