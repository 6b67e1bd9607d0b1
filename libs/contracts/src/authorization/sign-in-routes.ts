import { Type } from 'typebox'
import { Closed, Items, JsonObject, Line, Nothing, Timestamp } from '../core/common.ts'
import { route } from '../core/route.ts'
import { everywhere } from './shared.ts'

const ProviderName = Type.String({ pattern: '^[a-z][a-z0-9-]{1,30}$' })
const provider = {
  displayName: Line(60),
  issuer: Type.String({ maxLength: 300, description: 'https; plain http only on loopback' }),
  clientId: Type.String({ minLength: 1, maxLength: 200 }),
  scopes: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 20, description: '`openid` is always asked for' }),
  usernameClaim: Type.String({ maxLength: 60, description: 'What names the user here: preferred_username, email' }),
  groupsClaim: Type.Optional(Type.String({ maxLength: 60, description: 'What lists his groups' })),
  groups: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: "From the provider's groups to ours; one that is not named here is not taken over",
    }),
  ),
  signUp: Type.Boolean({ description: 'Whether a first sign-in makes the user' }),
}
export const IdentityProvider = Type.Object({
  name: ProviderName,
  ...provider,
  redirectUri: Type.String({ description: 'To be registered with the provider' }),
  updatedAt: Timestamp,
})
/** RFC 7517, public members only. */
export const SigningKeyInfo = Type.Object({
  kid: Type.String(),
  alg: Type.Enum(['EdDSA', 'RS256']),
  use: Type.Enum(['access', 'identity'], { description: 'Access tokens, or the identity tokens of jobs' }),
  state: Type.Enum(['next', 'active', 'retiring'], {
    description: 'Published but not signing yet; signing; no longer signing, still verifying',
  }),
  createdAt: Timestamp,
  signsFrom: Type.Optional(Timestamp),
  verifiesUntil: Type.Optional(Timestamp),
})
const ProviderParams = Closed({ provider: ProviderName })

export const signInRoutes = {
  listSignInProviders: route({
    method: 'GET',
    path: '/auth/providers',
    summary: 'By which providers one may sign in here',
    permission: 'public',
    response: {
      200: Type.Object({
        password: Type.Boolean(),
        items: Type.Array(Type.Object({ name: Type.String(), displayName: Type.String() })),
      }),
    },
  }),
  openIdConfiguration: route({
    method: 'GET',
    path: '/.well-known/openid-configuration',
    summary: 'OpenID Connect Discovery: what verifies the identity tokens of jobs',
    permission: 'public',
    response: { 200: JsonObject },
  }),
  authorizeDevice: route({
    method: 'POST',
    path: '/auth/device_authorization',
    summary: 'Start signing in on a device without a browser (RFC 8628, section 3.1); form-encoded',
    // Raw: OAuth clients send forms and read errors of RFC 6749, not problem documents.
    kind: 'raw',
    permission: 'public',
    bodyLimitBytes: 8_192,
    response: { 200: JsonObject },
  }),
  token: route({
    method: 'POST',
    path: '/auth/token',
    summary: 'Trade a device code or a refresh token for tokens (RFC 6749, RFC 8628); form-encoded',
    kind: 'raw',
    permission: 'public',
    bodyLimitBytes: 8_192,
    response: { 200: JsonObject },
  }),
  getDeviceRequest: route({
    method: 'GET',
    path: '/auth/device/:userCode',
    summary: 'What a device asks for, before one allows it',
    permission: 'authenticated',
    params: Closed({ userCode: Type.String({ maxLength: 20 }) }),
    response: {
      200: Type.Object({
        userCode: Type.String(),
        client: Type.String(),
        address: Type.Optional(Type.String()),
        createdAt: Timestamp,
        expiresAt: Timestamp,
      }),
    },
    errors: ['authorization.device_code_unknown'],
  }),
  decideDevice: route({
    method: 'POST',
    path: '/auth/device/:userCode',
    summary: 'Allow or refuse a device to act as me',
    permission: 'authenticated',
    params: Closed({ userCode: Type.String({ maxLength: 20 }) }),
    body: Closed({ allow: Type.Boolean() }),
    response: { 204: Nothing },
    errors: ['authorization.device_code_unknown'],
  }),
  listIdentityProviders: route({
    method: 'GET',
    path: '/api/v1/identity-providers',
    summary: 'The identity providers',
    permission: { action: 'list', object: 'identity-provider', ...everywhere },
    response: { 200: Items(IdentityProvider) },
  }),
  putIdentityProvider: route({
    method: 'PUT',
    path: '/api/v1/identity-providers/:provider',
    summary: 'Add or change an OpenID provider; its discovery document must be readable and name this issuer',
    permission: { action: 'update', object: 'identity-provider', ...everywhere },
    params: ProviderParams,
    body: Closed({
      ...provider,
      clientSecret: Type.Optional(
        Type.String({ maxLength: 400, description: 'Kept encrypted, never shown; unchanged when left out' }),
      ),
    }),
    response: { 200: IdentityProvider },
    errors: [
      'authorization.identity_provider_refused',
      'authorization.group_unknown',
      'authorization.escalation_refused',
    ],
  }),
  deleteIdentityProvider: route({
    method: 'DELETE',
    path: '/api/v1/identity-providers/:provider',
    summary: 'Remove a provider; those who signed in by it lose their sessions, tokens and the groups that it gave',
    permission: { action: 'delete', object: 'identity-provider', ...everywhere },
    params: ProviderParams,
    response: { 204: Nothing },
    errors: ['authorization.identity_provider_unknown', 'authorization.lockout_refused'],
  }),
  listSigningKeys: route({
    method: 'GET',
    path: '/api/v1/signing-keys',
    summary: 'The keys that sign tokens, and how long each verifies',
    permission: { action: 'list', object: 'signing-key', ...everywhere },
    response: { 200: Items(SigningKeyInfo) },
  }),
  rotateSigningKeys: route({
    method: 'POST',
    path: '/api/v1/signing-keys/rotation',
    summary: 'Sign with a new key; the old one verifies until the last token that it signed has expired',
    permission: { action: 'update', object: 'signing-key', ...everywhere },
    body: Closed({ use: Type.Enum(['access', 'identity']) }),
    response: { 200: Items(SigningKeyInfo) },
  }),
  endUserSessions: route({
    method: 'DELETE',
    path: '/api/v1/users/:username/sessions',
    summary: 'Sign a user out everywhere, and withdraw his tokens where asked',
    permission: { action: 'update', object: 'user/:username', ...everywhere },
    params: Closed({ username: Type.String({ maxLength: 40 }) }),
    query: Closed({ tokens: Type.Optional(Type.Boolean({ default: false })) }),
    response: { 200: Type.Object({ sessions: Type.Integer(), tokens: Type.Integer() }) },
    errors: ['authorization.user_unknown'],
  }),
}
