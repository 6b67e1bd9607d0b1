import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'

export const ResolvedIdentity = Type.Object({
  subject: Type.String(),
  subjects: Type.Array(Type.String()),
  displayName: Type.String(),
  credentialId: Type.String(),
  claims: Type.Record(Type.String(), Type.String()),
  /** Milliseconds since 1970; the credential is worthless from then on. */
  expiresAtMs: Type.Integer(),
})

/** Who an opaque token (`plt_…`) or a portal session (`pls_…`) stands for; `found: false` for anything else. */
export const resolveCredential = rpc({
  service: 'authorization',
  operation: 'resolve-credential',
  request: Type.Object({ credential: Type.String({ maxLength: 500 }) }),
  response: Type.Union([
    Type.Object({ found: Type.Literal(true), identity: ResolvedIdentity }),
    Type.Object({ found: Type.Literal(false) }),
  ]),
})

/** A portal session for a user who proved his password; the secret goes into a cookie and nowhere else. */
export const openPortalSession = rpc({
  service: 'authorization',
  operation: 'open-portal-session',
  request: Type.Object({ username: Type.String(), password: Type.String() }),
  response: Type.Object({ secret: Type.String(), identity: ResolvedIdentity }),
})

/** An opaque token for a job, a workload or a runner. Shown once: only its hash is kept. */
export const issueToken = rpc({
  service: 'authorization',
  operation: 'issue-token',
  request: Type.Object({
    /** The same key withdraws what it had before: one live token a purpose (`job:<id>:<attempt>`, `workload:<deployment>`). */
    purpose: Type.String(),
    subject: Type.String(),
    groups: Type.Array(Type.String()),
    claims: Type.Record(Type.String(), Type.String()),
    ttlSeconds: Type.Integer({ minimum: 1, maximum: 366 * 86_400 }),
  }),
  response: Type.Object({ token: Type.String(), credentialId: Type.String() }),
})

export const revokeToken = rpc({
  service: 'authorization',
  operation: 'revoke-token',
  request: Type.Object({ purpose: Type.String() }),
  response: Type.Object({ revoked: Type.Boolean() }),
})

export const Question = Type.Object({
  subjects: Type.Array(Type.String(), { minItems: 1 }),
  domain: Type.String(),
  object: Type.String(),
  action: Type.String(),
})

/** Decisions for services that alone know the object: branch rules, filtered lists. Answers in order. */
export const decide = rpc({
  service: 'authorization',
  operation: 'decide',
  request: Type.Object({ questions: Type.Array(Question, { maxItems: 1000 }) }),
  response: Type.Object({
    revision: Type.Integer(),
    decisions: Type.Array(Type.Object({ allowed: Type.Boolean(), reason: Type.String() })),
  }),
})

/** The whole policy at its newest revision, for those who enforce it in process. */
export const policySnapshot = rpc({
  service: 'authorization',
  operation: 'policy-snapshot',
  request: Type.Object({}),
  response: Type.Object({
    revision: Type.Integer(),
    rules: Type.Array(
      Type.Object({
        subject: Type.String(),
        domain: Type.String(),
        object: Type.String(),
        action: Type.String(),
        effect: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
      }),
    ),
    links: Type.Array(
      Type.Object({
        subject: Type.String(),
        role: Type.String(),
        domain: Type.String(),
        expiresAt: Type.Optional(Type.String()),
      }),
    ),
  }),
})

/** The public keys that access tokens are signed with. */
export const signingKeys = rpc({
  service: 'authorization',
  operation: 'signing-keys',
  request: Type.Object({}),
  response: Type.Object({
    keys: Type.Array(Type.Object({ kid: Type.String(), alg: Type.String(), publicKeyPem: Type.String() })),
  }),
})
