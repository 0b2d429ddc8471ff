-- The triggers run with the rights of their owner, so that a program needs no more rights than for
-- the rows that it writes. Nobody else may use their functions for triggers of other tables.
--
-- PostgreSQL would plan most statements of these functions at each call, so they use generic plans.
-- A plan stays when a table grows from nothing to millions of rows in one transaction, so it must
-- not read a whole table, which pays off as long as the table is small. The settings hold for the
-- functions that a trigger calls, too.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'mina_tasks_inserted', 'mina_task_updated',
        'mina_analytics_inserted', 'mina_analytics_updated',
        'mina_sessions_inserted', 'mina_session_updated', 'mina_session_deleted',
        'mina_session_moved',
        'mina_markers_inserted', 'mina_marker_updated',
        'mina_meeting_inserted', 'mina_meeting_updated', 'mina_meeting_deleted',
        'mina_user_moved']
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', name);
        EXECUTE format(
            'ALTER FUNCTION %I() SECURITY DEFINER
                SET search_path = %I, pg_temp
                SET plan_cache_mode = force_generic_plan
                SET enable_seqscan = off
                SET enable_hashjoin = off
                SET enable_mergejoin = off
                SET jit = off',
            name, current_schema());
    END LOOP;
END $$;
