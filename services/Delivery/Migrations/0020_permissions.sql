-- What the code of what is installed asks for. grants is what the account has agreed to; what is in both is granted.
alter table delivery.installed add column asked jsonb not null default '[]';
select set_config('xingchen.platform', 'on', true);
update delivery.installed i set asked = coalesce(v.manifest -> 'permissions', '[]')
from delivery.versions v where v.name = i.package and v.version = i.version;
