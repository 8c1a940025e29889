-- What the application's role may do with the tables of settlement windows and breaches: read all, add rows, and change only what
-- is not decided yet. Catalogue and supply come with imports; entrustments are filed by commands.
do $$
declare
  app text := current_database() || '_app';
  t   text;
begin
  execute format('grant select on all tables in schema settle to %I', app);
  -- The number of a file is in its lines before its counts are known.
  execute format('grant usage on sequence settle.application_files_file_id_seq to %I', app);
  -- Imports stage the lines of a file in temporary tables.
  execute format('grant temporary on database %I to %I', current_database(), app);
  foreach t in array array['windows', 'application_files', 'application_lines', 'line_withdrawals', 'repeated_lines', 'rejected_lines', 'catalogue',
      'entrustments', 'line_disputes', 'statements', 'statement_enterprises', 'settled_lines', 'top_ups',
      'refused_confirmations', 'planned_cases', 'breaches', 'breach_lines', 'force_majeure', 'supply', 'enterprise_cases', 'case_acts'] loop
    execute format('grant insert on settle.%I to %I', t, app);
  end loop;
  execute format('grant update (applications_closed_on, confirmations_closed_on) on settle.windows to %I', app);
  execute format('grant update (reversed_on) on settle.statements to %I', app);
  execute format('grant update (cancelled_on) on settle.statement_enterprises to %I', app);
  execute format('grant update (corrected_on, corrected_by, evidence, exempted_on) on settle.breaches to %I', app);
  execute format('grant update (refused_on, suspended_from, performed_on, exempted_on) on settle.enterprise_cases to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
  foreach t in array array['application_files', 'application_lines', 'line_withdrawals', 'repeated_lines', 'rejected_lines', 'line_disputes',
      'unsettled_lines', 'top_ups', 'refused_confirmations', 'planned_cases', 'breach_lines', 'force_majeure', 'case_acts'] loop
    execute format('create trigger %I before update or delete on settle.%I for each statement execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
  end loop;
end $$;
