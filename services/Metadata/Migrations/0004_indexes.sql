-- What a field was before it left no longer decides what it may come back as: its indexes are filled anew.
alter table metadata.standard drop column departed;
alter table metadata.stacks drop column departed;
