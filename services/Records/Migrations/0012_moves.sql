-- What moved a reference away from a record, by time: docs/concepts/history.md. An id is never less than 2^45, for its
-- key prefix stands above; numbers that large in fields of other types are in it too, and harm nothing.
create index changes_moves on records.changes (org_id, account_id, kp, at)
    where kind = 'updated' and before @? '$.* ? (@ >= 35184372088832)';
