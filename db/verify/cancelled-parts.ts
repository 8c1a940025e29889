import { FINDINGS_FETCHED, verdict, type Invariant } from './invariant';

/** The payment of a statement's part. */
const PAYMENT_OF_PART = `
  p.region = e.region and p.kind = 'payment'
  and p.payment_id = concat_ws('/', 'payment', e.region, e.period, e.institution, e.enterprise)
                     || case e.revision when 1 then '' else '#' || e.revision end`;

const CANCELLED_APART = `
  select concat_ws('/', e.region, e.period, e.institution, e.enterprise) || ' is ' || case when e.cancelled_on is null then 'not ' else '' end
         || 'cancelled, its payment is ' || coalesce(p.state, 'none') as finding
    from settle.statement_enterprises e left join settle.payments p on ${PAYMENT_OF_PART}
   where e.region = :region and (e.cancelled_on is not null) <> (coalesce(p.state, 'none') = 'cancelled')
   order by 1 limit :limit`;

/** Else lines stay settled that nobody pays, with their money reserved; or they settle again while they are being paid. */
export const cancelledTogether: Invariant = {
  name: 'a payment is cancelled with its part of the statement',
  async check(database, region) {
    const { rows } = await database.raw<{ rows: { finding: string }[] }>(CANCELLED_APART, {
      region,
      limit: FINDINGS_FETCHED,
    });
    const { rows: counted } = await database.raw<{ rows: { parts: bigint }[] }>(
      'select count(*) as parts from settle.statement_enterprises where region = :region and cancelled_on is not null',
      { region },
    );
    return verdict(
      rows.map(({ finding }) => finding),
      `${counted[0]!.parts} cancelled`,
    );
  },
};
