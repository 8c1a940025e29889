-- Development only: a clock that begins at a business date and moves on command. Without a row there is none, and the host's
-- clock counts. The row is the owner's to make, since a real system must never get one from the application.
create table settle.development_clock (
  only_one     boolean primary key default true check (only_one),
  began_on     date not null,
  -- Business time minus the host's, in milliseconds: between commands the clock runs on like any other.
  offset_ms    bigint not null,
  -- The last phase of a day that the cases have been taken through; minutes after midnight in Asia/Shanghai.
  reached_on   date not null,
  reached_phase smallint not null check (reached_phase in (0, 360, 540, 600, 840, 1080))
);

-- Months whose cases have been started in a region, so that a region that comes later gets the month that goes on.
create table settle.development_months (
  region text not null references settle.regions,
  month  text not null check (month ~ '^\d{4}-\d{2}$'),
  primary key (region, month)
);

do $$
declare app text := current_database() || '_app';
begin
  execute format('grant select on settle.development_clock, settle.development_months to %I', app);
  execute format('grant update (offset_ms, reached_on, reached_phase) on settle.development_clock to %I', app);
  execute format('grant insert on settle.development_months to %I', app);
end $$;
