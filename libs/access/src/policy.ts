import type { Conditions as ConditionsSchema } from '@plinth/contracts'
import type { Static } from 'typebox'

/** When a link holds, beside its expiry; all that are given must hold. */
export type Conditions = Static<typeof ConditionsSchema>

/** A p row: who may, or may not, do what to which objects, in a domain and all below it. */
export type Rule = {
  /** `role:developer`, `group:payments/leads`, `user:ana`, `sa:payments/ledger`, `job:payments/pip_…`. */
  readonly subject: string
  /** `*`, a project, or project/environment. */
  readonly domain: string
  /** A kind (and every id of it), kind/id, or either with one trailing `*`; `*` alone is everything. */
  readonly object: string
  /** One action, or `*`. */
  readonly action: string
  readonly effect: 'allow' | 'deny'
}

/** A g row: `subject` has all that `role` (a role or a group) has, in `domain` and below. */
export type Link = {
  readonly subject: string
  readonly role: string
  readonly domain: string
  /** RFC 3339. From that instant on the link is as if it were not there. */
  readonly expiresAt?: string | undefined
  readonly conditions?: Conditions | undefined
}

/**
 * A change freeze: from one instant until another, RFC 3339, nothing that changes is allowed in the domain and below,
 * but for what a link with `breakGlass` gives.
 */
export type Freeze = {
  readonly domain: string
  readonly from: string
  readonly until: string
  readonly reason: string
}

/** The whole policy at one revision, as it is stored, sent and exported. */
export type PolicySet = {
  readonly revision: number
  readonly rules: readonly Rule[]
  readonly links: readonly Link[]
  readonly freezes?: readonly Freeze[]
}

/** One step from a revision to the next. What is removed is removed first; adding what is there changes nothing. */
export type PolicyChange = {
  readonly revision: number
  readonly removeRules?: readonly Rule[]
  readonly addRules?: readonly Rule[]
  readonly removeLinks?: readonly Link[]
  /** A link that is there already takes the new expiry. */
  readonly addLinks?: readonly Link[]
  /** All freezes there are from then on; as before when left out. */
  readonly freezes?: readonly Freeze[]
}

/** What is asked. `subjects` are all that the caller is: decided on as one set, so that a deny on any of them wins. */
export type AccessRequest = {
  readonly subjects: readonly string[]
  readonly domain: string
  readonly object: string
  readonly action: string
  readonly context?: Context
}

/** The circumstances that conditions look at. */
export type Context = {
  /** The client's address; without it no condition on networks holds. */
  readonly address?: string
  /** Instead of now, to ask about another time. */
  readonly at?: Date
}

/** What is asked for the search by subject. */
export type Target = Omit<AccessRequest, 'subjects'>

export type Decision = {
  readonly allowed: boolean
  /** The revision that decided. */
  readonly revision: number
  /** The rule that decided; absent where no rule matched. */
  readonly rule?: Rule
  /** The freeze that withholds what a rule would allow. */
  readonly frozen?: Freeze
  /** `allowed by …`, `denied by …`, `frozen until …`, or `no rule`: for logs and for people. */
  readonly reason: string
  /**
   * Whether the same index says the same to the same question at any time and from anywhere: on the way to it was no
   * link that ends or has conditions, and there is no freeze. So it may be remembered for as long as the index is in use.
   */
  readonly isLasting: boolean
}

/** Something wrong, or worth a look, in a policy text. Lines and columns count from 1; `endColumn` is after the last. */
export type TextProblem = {
  readonly line: number
  readonly column: number
  readonly endColumn?: number
  readonly severity: 'error' | 'warning'
  readonly message: string
}

/** A rule in the words of policy.csv. */
export const ruleText = (rule: Rule): string =>
  `p, ${rule.subject}, ${rule.domain}, ${rule.object}, ${rule.action}, ${rule.effect}`
