import { firstDayOf, type Period, type PlainDate } from '../plain-date';
import { majorViolationFrom, type FundPolicy } from '../policy';

/** What is known of an institution when a month begins (eligibility.csv). */
export interface Standing {
  readonly institution: string;
  /** 年度医保基金使用绩效综合评价得分, a decimal. */
  readonly score: string;
  readonly majorViolationOn?: PlainDate;
  /** 追溯码应扫尽扫、应传尽传. */
  readonly traceability: boolean;
  readonly active: boolean;
  readonly cooperates: boolean;
  /** 认真履行医疗保障服务协议; taken as kept where the agency says nothing. */
  readonly agreementKept: boolean;
}

/** In the order in which DESIGN 5.7 and lists have them. */
export const ELIGIBILITY_CONDITIONS = [
  'score',
  'major-violation',
  'traceability',
  'active',
  'cooperates',
  'agreement-kept',
] as const;
export type EligibilityCondition = (typeof ELIGIBILITY_CONDITIONS)[number];

export interface ConditionResult {
  readonly condition: EligibilityCondition;
  readonly met: boolean;
  /** What it was judged by, for the record. */
  readonly evidence: string;
}

export interface Eligibility {
  readonly institution: string;
  readonly eligible: boolean;
  readonly results: readonly ConditionResult[];
  /** The conditions that are not met. */
  readonly failed: readonly EligibilityCondition[];
}

/**
 * Whether an institution is pre-allocated money in a month, condition by condition (宿迁 2025-06-13 二(三)). Who is not eligible is
 * settled within the same working days, without pre-allocation.
 */
export function judgeEligibility(standing: Standing, policy: FundPolicy, month: Period): Eligibility {
  const { scoreMinimum, conditions } = policy.eligibility;
  const first = firstDayOf(month);
  const since = majorViolationFrom(policy, month);
  const { majorViolationOn: violation } = standing;
  const flags: Record<(typeof conditions)[number], boolean> = {
    traceability: standing.traceability,
    active: standing.active,
    cooperates: standing.cooperates,
    'agreement-kept': standing.agreementKept,
  };
  const results = ELIGIBILITY_CONDITIONS.flatMap((condition): ConditionResult[] => {
    if (condition === 'score')
      return [
        { condition, met: Number(standing.score) >= scoreMinimum, evidence: `${standing.score}/${scoreMinimum}` },
      ];
    if (condition === 'major-violation')
      return [
        {
          condition,
          met: violation === undefined || violation < since || violation > first,
          evidence: violation === undefined ? 'none' : `${violation} (${since}…${first})`,
        },
      ];
    if (!conditions.includes(condition)) return [];
    return [{ condition, met: flags[condition], evidence: String(flags[condition]) }];
  });
  const failed = results.filter(({ met }) => !met).map(({ condition }) => condition);
  return { institution: standing.institution, eligible: failed.length === 0, results, failed };
}
