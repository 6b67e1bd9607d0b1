import type { Explanation as Found, Link, Right as FoundRight } from '@plinth/access'
import type { Explanation as ExplanationSchema, LinkInfo, Right } from '@plinth/contracts'
import type { Static } from 'typebox'

export type Explanation = Static<typeof ExplanationSchema>
export type RightInfo = Static<typeof Right>

/** An explanation as it is answered. */
export const explanationOf = ({ decision, matches, unmet, nearest }: Found): Explanation => ({
  allowed: decision.allowed,
  reason: decision.reason,
  revision: decision.revision,
  matches: matches.map(({ rule, through }) => ({ rule: { ...rule } as Explanation['matches'][number]['rule'], through: through.map(linkOf) })), // prettier-ignore
  unmet: unmet.map(({ link, why }) => ({ link: linkOf(link), why })),
  ...(decision.frozen && {
    frozen: { domain: decision.frozen.domain, until: decision.frozen.until, reason: decision.frozen.reason },
  }),
  ...(nearest && { grant: nearest }),
})

export const rightOf = ({ rule, domain, through }: FoundRight): RightInfo => ({
  action: rule.action,
  object: rule.object,
  domain,
  effect: rule.effect,
  through: through.map(linkOf),
})

const linkOf = ({ subject, role, domain, expiresAt, conditions }: Link): Static<typeof LinkInfo> => ({
  subject,
  role,
  domain,
  ...(expiresAt !== undefined && { expiresAt }),
  ...(conditions !== undefined && { conditions }),
})
