import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'
import { Conditions } from './shared.ts'

export const ResolvedIdentity = Type.Object({
  subject: Type.String(),
  subjects: Type.Array(Type.String()),
  displayName: Type.String(),
  credentialId: Type.String(),
  claims: Type.Record(Type.String(), Type.String()),
  /** What a token is narrowed to; absent: all that its owner may do. */
  scopes: Type.Optional(
    Type.Array(Type.Object({ action: Type.String(), object: Type.String(), domain: Type.String() })),
  ),
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

/** Begins a sign-in with an OpenID provider (authorization code with PKCE): where to send the browser. */
export const beginProviderSignIn = rpc({
  service: 'authorization',
  operation: 'begin-provider-sign-in',
  request: Type.Object({
    provider: Type.String(),
    /** A path of the portal to come back to. */
    returnTo: Type.String({ maxLength: 500 }),
  }),
  response: Type.Object({
    authorizationUrl: Type.String(),
    /** Goes into a cookie: only the browser that began may finish. */
    browserSecret: Type.String(),
    expiresInSeconds: Type.Integer(),
  }),
})

/** Finishes it: checks state, nonce, issuer and signature, and opens a portal session. */
export const finishProviderSignIn = rpc({
  service: 'authorization',
  operation: 'finish-provider-sign-in',
  request: Type.Object({
    provider: Type.String(),
    browserSecret: Type.String({ maxLength: 200 }),
    /** The query of the callback as it came, beginning with `?`. */
    query: Type.String({ maxLength: 4_000 }),
  }),
  response: Type.Object({ secret: Type.String(), identity: ResolvedIdentity, returnTo: Type.String() }),
})

/** An identity token for a job (`id_tokens` of .gitlab-ci.yml): a JWT that others verify by discovery and JWKS. */
export const issueIdentityToken = rpc({
  service: 'authorization',
  operation: 'issue-identity-token',
  request: Type.Object({
    subject: Type.String(),
    audience: Type.Array(Type.String(), { minItems: 1, maxItems: 10 }),
    claims: Type.Record(Type.String(), Type.String()),
    ttlSeconds: Type.Integer({ minimum: 60, maximum: 86_400 }),
  }),
  response: Type.Object({ token: Type.String() }),
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
  /** Of the client, for bindings that hold in some networks only. */
  address: Type.Optional(Type.String()),
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

const PolicyRules = Type.Array(
  Type.Object({
    subject: Type.String(),
    domain: Type.String(),
    object: Type.String(),
    action: Type.String(),
    effect: Type.Enum(['allow', 'deny']),
  }),
)
const PolicyLinks = Type.Array(
  Type.Object({
    subject: Type.String(),
    role: Type.String(),
    domain: Type.String(),
    expiresAt: Type.Optional(Type.String()),
    conditions: Type.Optional(Conditions),
  }),
)
const PolicyFreezes = Type.Array(
  Type.Object({ domain: Type.String(), from: Type.String(), until: Type.String(), reason: Type.String() }),
)

/** One step of the policy: what was removed is removed first; freezes, where given, replace all there were. */
export const PolicyStep = Type.Object({
  revision: Type.Integer(),
  removeRules: Type.Optional(PolicyRules),
  addRules: Type.Optional(PolicyRules),
  removeLinks: Type.Optional(PolicyLinks),
  addLinks: Type.Optional(PolicyLinks),
  freezes: Type.Optional(PolicyFreezes),
})

/**
 * The whole policy at its newest revision, for those who enforce it in process, in pages: one message can't hold every
 * policy. When a page has another revision than the first, the policy changed meanwhile: begin anew.
 */
export const policySnapshot = rpc({
  service: 'authorization',
  operation: 'policy-snapshot',
  request: Type.Object({
    page: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Of the first page: what was begun is kept for a while although the policy goes on. */
    revision: Type.Optional(Type.Integer()),
  }),
  response: Type.Object({
    revision: Type.Integer(),
    pages: Type.Integer(),
    rules: PolicyRules,
    links: PolicyLinks,
    freezes: Type.Optional(PolicyFreezes),
  }),
})

/** The steps after a revision, for those who missed some; none of them when too many are missing: ask for all. */
export const policySteps = rpc({
  service: 'authorization',
  operation: 'policy-steps',
  request: Type.Object({ after: Type.Integer({ minimum: 0 }) }),
  response: Type.Object({ revision: Type.Integer(), complete: Type.Boolean(), steps: Type.Array(PolicyStep) }),
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
