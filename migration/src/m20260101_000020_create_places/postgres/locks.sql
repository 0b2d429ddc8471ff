-- Locks keep the places right while transactions run at the same time:
--
-- * A transaction that places a row holds the row's parent, as a foreign key does, and reads the
--   parent in the next statement. A transaction that moves the parent takes FOR UPDATE after the
--   change, and then moves the places. So each waits for the other, and ordinary updates of the
--   parent wait for neither.
-- * A session, its meeting and its markers know each other only by the external id, so there may
--   be no row to lock. The external id itself is locked instead: by transactions that link a
--   session, create or rename it or change its owner, and by those that add markers to a session
--   that does not exist.
--
-- The order of locks is: meetings, users, external ids, places of sessions; each in ascending
-- order. Triggers of foreign keys run first and lock meetings and users.

-- The external ids that open transactions have locked: the row of such a transaction, which other
-- transactions cannot see, makes them wait for its end if they insert the same id. Row locks take
-- no room in the lock table of the server, however many there are.
CREATE UNLOGGED TABLE mina_external_id_lock (
    external_id varchar(36) PRIMARY KEY
);

CREATE FUNCTION mina_is_read_committed() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('transaction_isolation') = 'read committed'
$$;

-- Nothing is left for others to see, because the transaction deletes its row again. They wait for
-- the transaction nevertheless. Under REPEATABLE READ, the lock fails if a meeting that links the
-- session has changed since the transaction began, as `mina_hold_meetings` does.
CREATE FUNCTION mina_lock_external_ids(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mina_external_id_lock (external_id)
    SELECT DISTINCT id FROM unnest(external_ids) AS locked (id) WHERE id IS NOT NULL ORDER BY 1
    ON CONFLICT DO NOTHING;
    DELETE FROM mina_external_id_lock WHERE external_id = ANY (external_ids);
    IF NOT mina_is_read_committed() THEN
        PERFORM FROM meeting WHERE session_id = ANY (external_ids) ORDER BY id FOR SHARE;
    END IF;
END $$;

-- Holds meetings, so that nobody moves them until the transaction ends. Under REPEATABLE READ the
-- transaction would go on to read the old workspace of a meeting that has been moved. FOR SHARE
-- makes it fail then.
CREATE FUNCTION mina_hold_meetings(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF mina_is_read_committed() THEN
        PERFORM FROM meeting WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    ELSE
        PERFORM FROM meeting WHERE id = ANY (ids) ORDER BY id FOR SHARE;
    END IF;
END $$;

-- Holds users in the same way.
CREATE FUNCTION mina_hold_users(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF mina_is_read_committed() THEN
        PERFORM FROM "user" WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    ELSE
        PERFORM FROM "user" WHERE id = ANY (ids) ORDER BY id FOR SHARE;
    END IF;
END $$;

-- Rejects a change that moves the places of other rows, unless it sees all rows that were there
-- before its last statement. Under REPEATABLE READ it would leave new ones in the old workspace.
CREATE FUNCTION mina_require_read_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT mina_is_read_committed() THEN
        RAISE EXCEPTION 'rows can be moved between workspaces under READ COMMITTED only'
        USING ERRCODE = 'feature_not_supported',
            DETAIL = 'This transaction does not see rows that others have added since it began.',
            HINT = 'Use BEGIN ISOLATION LEVEL READ COMMITTED for this change.';
    END IF;
END $$;
