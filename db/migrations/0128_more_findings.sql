-- One interview may be about several agreements that were not kept in a month: each finding is an act with its own evidence. Every
-- other act happens once a case.
alter table settle.case_acts drop constraint case_acts_pkey, add primary key (case_id, act, evidence);
create unique index case_acts_once on settle.case_acts (case_id, act) where act <> 'found';
