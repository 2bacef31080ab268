-- The release of the standard product that the operator has pinned an org to; null: its group's. What is in force says
-- the cell; this is what the operator is shown.
alter table directory.orgs add column standard text;
