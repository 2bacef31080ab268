-- What the caller of an import was granted when it came: {"sets": […], "attributes": "{…}"}; null where it was not
-- restricted.
alter table records.imports add column grants jsonb;
