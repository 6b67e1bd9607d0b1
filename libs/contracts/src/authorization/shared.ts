import { Type } from 'typebox'
import { Closed, DomainName, Id, Line, Timestamp } from '../core/common.ts'
import { actions, objectKinds } from '../core/permission.ts'

/** For guards of what belongs to no project. */
export const everywhere = { domain: '*' } as const

export const SubjectText = Type.String({
  maxLength: 200,
  pattern: '^(?:user|group|sa|role|job):[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$',
  description: '`user:ana`, `group:payments/leads`, `sa:payments/ledger`, `role:developer`',
})
export const RoleText = Type.String({ maxLength: 120, pattern: '^(?:role|group):[a-z](?:[a-z0-9._/-]*[a-z0-9])?$' })
export const ObjectPattern = Type.String({
  maxLength: 200,
  description: `A kind (${objectKinds.join(', ')}), kind/id, or with one trailing *`,
})
export const ActionOrAny = Type.Union([Type.Enum([...actions]), Type.Literal('*')])
export const Effect = Type.Enum(['allow', 'deny'])
/** A time that somebody types: RFC 3339. */
export const Instant = Type.String({ maxLength: 40, description: 'RFC 3339, such as 2026-12-31T23:59:59Z' })
export const Reason = Type.String({
  ...Line(500, 'Why; kept in the audit ledger'),
  minLength: 3,
})

/** When a binding holds, beside its expiry. All that are given must hold. */
export const Conditions = Closed({
  window: Type.Optional(
    Closed({
      zone: Type.String({ maxLength: 60, description: 'IANA name, such as Europe/Berlin' }),
      days: Type.Array(Type.Enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), { minItems: 1, maxItems: 7 }),
      from: Type.String({ pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$', description: 'Local time, inclusive' }),
      until: Type.String({
        pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$',
        description: 'Local time, exclusive; before `from` it is a night that belongs to the day it began on',
      }),
    }),
  ),
  networks: Type.Optional(
    Type.Array(Type.String({ maxLength: 50, description: 'An IPv4 or IPv6 network: 10.0.0.0/8, fd00::/8' }), {
      minItems: 1,
      maxItems: 50,
    }),
  ),
  breakGlass: Type.Optional(
    Type.Literal(true, { description: 'Holds through a change freeze, which withholds what all other bindings give' }),
  ),
})

export const RuleRow = Closed({
  subject: SubjectText,
  domain: DomainName,
  object: ObjectPattern,
  action: ActionOrAny,
  effect: Effect,
})
export const LinkRow = Closed({
  subject: SubjectText,
  role: RoleText,
  domain: DomainName,
  expiresAt: Type.Optional(Instant),
  conditions: Type.Optional(Conditions),
})

/** A part of what its owner may do, that a token is narrowed to. */
export const Scope = Closed({ action: ActionOrAny, object: ObjectPattern, domain: DomainName })
/** They travel with each request, signed, in a header to every service: hence not many. */
export const Scopes = Type.Array(Scope, { minItems: 1, maxItems: 20 })

export const TokenInfo = Type.Object({
  id: Id,
  name: Type.String(),
  prefix: Type.String(),
  scopes: Type.Optional(Type.Array(Scope)),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Type.Optional(Timestamp),
})
export const NewToken = Closed({
  name: Line(80),
  expiresInDays: Type.Integer({ minimum: 1, maximum: 365, default: 30 }),
  scopes: Type.Optional(Scopes),
})

/** The whole policy as text; some 100,000 rows. */
export const PolicyText = Type.String({ maxLength: 8 * 1024 * 1024 })
export const policyBytesMax = 12 * 1024 * 1024

/** What is asked of the policy. */
export const question = {
  action: Type.Enum([...actions]),
  object: Type.String({ maxLength: 200 }),
  domain: DomainName,
}
/** The circumstances that conditions look at; now and from nowhere in particular unless given. */
export const circumstances = {
  at: Type.Optional(Instant),
  address: Type.Optional(Type.String({ maxLength: 45, description: 'The client address to suppose' })),
}
